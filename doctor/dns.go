package doctor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
)

// maxAddresses bounds how many addresses of a name are tried.
const maxAddresses = 8

// resolve finds the relay's addresses of both families.
func (v *visit) resolve(ctx context.Context) Result {
	found, err := v.lookup(ctx, v.target.host)
	port, portErr := strconv.ParseUint(v.target.port, 10, 16)
	if portErr != nil || port == 0 {
		return Fail("the URL has the port "+v.target.port+", which is none", "correct the URL").last()
	}
	if len(found) == 0 {
		return v.unresolved(err).last()
	}
	var texts []string
	for _, address := range found {
		v.addresses = append(v.addresses, netip.AddrPortFrom(address, uint16(port)))
		texts = append(texts, address.String())
	}
	facts := fmt.Sprintf("%s is %s", v.target.host, strings.Join(texts, ", "))
	if _, literal := netip.ParseAddr(v.target.host); literal == nil {
		facts = v.target.host + " is an address"
	}
	if err != nil {
		family := "AAAA"
		if found[0].Is6() {
			family = "A"
		}
		return Fail(fmt.Sprintf("the name server does not answer for %s records of %s, so clients wait before they connect", family, v.target.host),
			fmt.Sprintf("have the name servers of %s answer for %s, with an empty answer if there is no such record", v.target.host, family)).with(facts)
	}
	return Passed("%s", facts)
}

func (v *visit) unresolved(err error) Result {
	var failure *net.DNSError
	if errors.As(err, &failure) && !failure.IsNotFound {
		return Fail(fmt.Sprintf("no name server tells the address of %s: %v", v.target.host, root(err)),
			"check the name servers of this machine (/etc/resolv.conf)")
	}
	return Fail("the name "+v.target.host+" does not resolve to any address",
		"add an A record and, with IPv6, an AAAA record for "+v.target.host+" that lead to the relay, or correct the URL")
}

// lookup is lookup for a host that may have been looked up before.
func (v *visit) lookup(ctx context.Context, host string) ([]netip.Addr, error) {
	if known := v.known[host]; known != nil {
		return known, nil
	}
	found, err := lookup(ctx, host)
	if v.known == nil {
		v.known = make(map[string][]netip.Addr)
	}
	v.known[host] = found
	return found, err
}

// lookup returns the addresses of a name. It asks for both families at once. The error says
// why there are none, or why there is no answer about one of the families.
func lookup(ctx context.Context, host string) (found []netip.Addr, err error) {
	if address, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{address}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	families := []string{"ip4", "ip6"}
	answers, errs := make([][]netip.Addr, len(families)), make([]error, len(families))
	var asking sync.WaitGroup
	for i, family := range families {
		asking.Go(func() { answers[i], errs[i] = net.DefaultResolver.LookupNetIP(ctx, family, host) })
	}
	asking.Wait()
	var missing error // what is not there is no failure if the other family has addresses
	for i := range families {
		for _, address := range answers[i] {
			found = append(found, address.Unmap())
		}
		var failure *net.DNSError
		if errors.As(errs[i], &failure) && !failure.IsNotFound {
			err = errs[i]
		} else if errs[i] != nil {
			missing = errs[i]
		}
	}
	if len(found) == 0 && err == nil {
		err = missing
	}
	return found[:min(len(found), maxAddresses)], err
}

package doctor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"syscall"
)

// connect opens a TCP connection to each address.
func (v *visit) connect(ctx context.Context) Result {
	errs := make([]error, len(v.addresses))
	var dialling sync.WaitGroup
	for i, address := range v.addresses {
		dialling.Go(func() {
			conn, err := dial(ctx, "tcp", address.String())
			if errs[i] = err; err == nil {
				_ = conn.Close()
			}
		})
	}
	dialling.Wait()

	var facts []string
	var bad *Result
	for i, address := range v.addresses {
		switch err := errs[i]; {
		case err == nil:
			v.open = append(v.open, address)
			facts = append(facts, address.String()+" accepts")
		case hasNoRoute(err) && len(v.addresses) > 1:
			facts = append(facts, address.String()+" was not tried, because this machine has no route to it")
		default:
			result := v.unreachable(address, err)
			if bad == nil {
				bad = &result
			}
			facts = append(facts, address.String()+": "+root(err).Error())
		}
	}
	told := strings.Join(facts, "; ")
	switch {
	case len(v.open) == 0 && bad == nil:
		return Fail("this machine has no route to "+v.target.host, "check the network of this machine").with(told).last()
	case len(v.open) == 0:
		return bad.with(told).last()
	case bad != nil && v.oneFamilyOpen():
		return v.deadFamily().with(told)
	case bad != nil:
		return bad.with(told)
	}
	return Passed("%s", told)
}

// dial bounds the time to connect.
func dial(ctx context.Context, network, address string) (net.Conn, error) {
	return (&net.Dialer{Timeout: answerWithin}).DialContext(ctx, network, address)
}

func hasNoRoute(err error) bool {
	return errors.Is(err, syscall.ENETUNREACH) || errors.Is(err, syscall.EADDRNOTAVAIL)
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout()
}

// unreachable explains why an address does not accept a connection.
func (v *visit) unreachable(address netip.AddrPort, err error) Result {
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return Fail(fmt.Sprintf("nothing listens on TCP port %s of %s", v.target.port, address.Addr()),
			"start relayd or the proxy in front of it, or correct the port: that of relayd is in `listen`, which must be :PORT to be reached from other machines")
	case isTimeout(err):
		return Fail(fmt.Sprintf("%s does not answer within %v", address, answerWithin),
			fmt.Sprintf("let TCP port %s through the firewall and publish it from the container, or correct the DNS record of %s", v.target.port, v.target.host))
	}
	return Fail(fmt.Sprintf("%s cannot be reached: %v", address, root(err)),
		"check the firewall and the route to the relay, and the DNS record of "+v.target.host)
}

// oneFamilyOpen reports whether all addresses that accept are of one family, and all others of
// the other.
func (v *visit) oneFamilyOpen() bool {
	for _, address := range v.open {
		if address.Addr().Is4() != v.open[0].Addr().Is4() {
			return false
		}
	}
	open := 0
	for _, address := range v.addresses {
		if address.Addr().Is4() == v.open[0].Addr().Is4() {
			open++
		}
	}
	return open == len(v.open)
}

// deadFamily explains that a name has addresses of two families, of which one works.
func (v *visit) deadFamily() Result {
	dead, record, works := "IPv6", "AAAA", "IPv4"
	if v.open[0].Addr().Is6() {
		dead, record, works = works, "A", dead
	}
	return Fail(fmt.Sprintf("%s is reachable over %s but not over %s, so clients with %s wait before they connect", v.target.host, works, dead, dead),
		fmt.Sprintf("remove the %s record of %s, or have relayd listen there (`listen = ':%s'`) and open the firewall for %s", record, v.target.host, v.target.port, dead))
}

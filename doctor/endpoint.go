package doctor

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// maxEndpoints bounds how many TURN URLs are tried.
const maxEndpoints = 6

// An endpoint is a TURN URL of HELLO with its credential.
type endpoint struct {
	url        string
	host, port string
	transport  string // udp, tcp or tls
	several    bool   // there is another one of this transport

	username, credential string
}

func (e endpoint) step() string {
	if e.several {
		return "turn " + e.transport + " " + e.address()
	}
	return "turn " + e.transport
}

func (e endpoint) address() string { return net.JoinHostPort(e.host, e.port) }

// listServers reads which TURN servers HELLO names.
func (v *visit) listServers(ctx context.Context) Result {
	var servers []struct {
		URLs                 []string `json:"urls"`
		Username, Credential string
	}
	if v.hello.ICE.Servers != nil {
		if err := json.Unmarshal(v.hello.ICE.Servers, &servers); err != nil {
			return Fail("the list of ICE servers in HELLO cannot be read: "+err.Error(), "correct `ice.urls`")
		}
	}
	var urls []string
	count := make(map[string]int)
	for _, server := range servers {
		for _, url := range server.URLs {
			e, ok := parseEndpoint(url)
			if !ok || len(v.endpoints) == maxEndpoints {
				continue
			}
			e.username, e.credential = server.Username, server.Credential
			v.endpoints = append(v.endpoints, e)
			urls = append(urls, url)
			count[e.transport]++
		}
	}
	if len(v.endpoints) == 0 {
		return Fail("the relay names no TURN server, so peers behind strict firewalls find no direct path",
			"set `turn.enabled = true`, or name a TURN server in `ice.urls`")
	}
	for i := range v.endpoints {
		e := &v.endpoints[i]
		e.several = count[e.transport] > 1
		if err := v.checkHost(ctx, e); err != nil {
			v.endpoints = nil
			return *err
		}
	}
	return Passed("%s", strings.Join(urls, ", "))
}

// parseEndpoint reads a URL of RFC 7065. It reports false for another URL.
func parseEndpoint(url string) (e endpoint, ok bool) {
	scheme, rest, _ := strings.Cut(url, ":")
	address, query, _ := strings.Cut(rest, "?")
	e = endpoint{url: url, transport: "udp", port: "3478"}
	switch {
	case scheme == "turns" && query != "transport=udp": // DTLS is not tried
		e.transport, e.port = "tls", "5349"
	case scheme == "turn" && query == "transport=tcp":
		e.transport = "tcp"
	case scheme != "turn" || query != "" && query != "transport=udp":
		return endpoint{}, false
	}
	e.host = strings.Trim(address, "[]")
	if host, port, err := net.SplitHostPort(address); err == nil {
		e.host, e.port = host, port
	}
	port, err := strconv.ParseUint(e.port, 10, 16)
	return e, err == nil && port != 0 && e.host != ""
}

// checkHost looks for a host that cannot be right, whatever listens there.
func (v *visit) checkHost(ctx context.Context, e *endpoint) *Result {
	found, _ := v.lookup(ctx, e.host) // the step dns has looked at the name server
	var result Result
	switch {
	case len(found) == 0:
		result = Fail(fmt.Sprintf("the TURN host %s, which the relay names, does not resolve", e.host),
			"name the host in `turn.hosts` by which clients reach the relay, or correct `ice.urls`")
	case found[0].IsLoopback() && !v.open[0].Addr().IsLoopback():
		result = Fail(fmt.Sprintf("the relay names the TURN host %s, which is each client's own machine", e.host),
			"name the host in `turn.hosts` by which clients reach the relay, have the proxy pass Host on, or correct `ice.urls`")
	default:
		return nil
	}
	return &result
}

// addressOf returns the address at which to try a TURN host: one of the family by which the
// relay was reached, if it has one.
func (v *visit) addressOf(ctx context.Context, e endpoint) (netip.AddrPort, error) {
	found, err := v.lookup(ctx, e.host)
	if len(found) == 0 {
		return netip.AddrPort{}, err
	}
	best := found[0]
	for _, address := range found {
		if address.Is4() == v.open[0].Addr().Is4() {
			best = address
			break
		}
	}
	port, err := strconv.ParseUint(e.port, 10, 16)
	return netip.AddrPortFrom(best, uint16(port)), err
}

package doctor

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/sebas642/intercessor/protocol"
)

// foreign is an origin that no relay admits, because the name belongs to no one (RFC 2606).
const foreign = "https://doctor.invalid"

// pretendPage connects as a page of the relay's own host does, as a foreign one, and as one of
// Config.Page.
func (v *visit) pretendPage(ctx context.Context) Result {
	own := v.target.origin()
	switch admitted, status := v.admits(ctx, handshake{origin: own}); {
	case admitted:
	case status != http.StatusForbidden:
		return Fail(fmt.Sprintf("a handshake with the header Origin fails with status %d", status),
			"have the proxy or firewall in front of relayd pass the header Origin on")
	default:
		return v.ownPageRefused(ctx, own)
	}
	if admitted, _ := v.admits(ctx, handshake{origin: foreign}); admitted {
		return Fail("the relay admits pages of any origin: a proxy drops the header Origin",
			"have the proxy pass the header Origin on, so that other pages cannot use the relay from a visitor's browser")
	}
	if v.Page == "" {
		return Passed("pages of %s may connect, others may not", own)
	}
	if strings.HasPrefix(v.Page, "https://") && !v.target.secure && !isLoopback(v.target.host) {
		return Fail(fmt.Sprintf("browsers do not let the page %s connect to an address without TLS", v.Page),
			"give the relay TLS (`tls.cert_file` or `tls.acme.hosts`, or a proxy), and use wss:// in the page")
	}
	if admitted, _ := v.admits(ctx, handshake{origin: v.Page}); !admitted {
		return Fail(fmt.Sprintf("the relay does not admit pages of %s", v.Page),
			fmt.Sprintf("add '%s' to `origins`, with this scheme and port", v.Page))
	}
	return Passed("pages of %s and %s may connect", own, v.Page)
}

// admits reports whether a handshake with an origin is upgraded, and the status if not.
func (v *visit) admits(ctx context.Context, h handshake) (admitted bool, status int) {
	h.path, h.secret, h.subprotocol = "/server", v.Secret, protocol.SubprotocolV1
	p, response, err := v.dial(ctx, h)
	switch {
	case err == nil:
		p.leave()
		return true, http.StatusSwitchingProtocols
	case response == nil:
		return false, 0
	}
	return false, response.StatusCode
}

// ownPageRefused finds out why the relay takes its own page for another's. A relay always
// knows 127.0.0.1 as its own name, so a handshake for that shows whether Host reaches it.
func (v *visit) ownPageRefused(ctx context.Context, own string) Result {
	const pass = "(in nginx: proxy_set_header Host $http_host; Caddy passes it by itself)"
	bare := v.target.scheme() + "://" + strings.TrimSuffix(net.JoinHostPort(v.target.host, ""), ":")
	if bare != own {
		if admitted, _ := v.admits(ctx, handshake{origin: bare}); admitted {
			return Fail("a proxy drops the port from Host, so the relay takes its own page "+own+" for another's",
				"pass Host with its port "+pass)
		}
	}
	const local = "127.0.0.1"
	switch admitted, status := v.admits(ctx, handshake{origin: v.target.scheme() + "://" + local, host: local}); {
	case admitted:
		return Fail(fmt.Sprintf("the relay does not know %s as one of its own names, so it refuses its own page", v.target.host),
			fmt.Sprintf("add '%s' to `hosts`", v.target.host))
	case status == http.StatusForbidden:
		return Fail("a proxy changes Host, so the relay takes its own page "+own+" for another's",
			"pass Host as the browser wrote it "+pass)
	}
	return Fail("the relay refuses its own page "+own+": a proxy changes Host, or the relay does not know the name",
		fmt.Sprintf("pass Host as the browser wrote it %s, and add '%s' to `hosts`", pass, v.target.host))
}

func isLoopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || err == nil && address.IsLoopback()
}

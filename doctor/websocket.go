package doctor

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"github.com/sebas642/intercessor/protocol"
)

// upgrade opens the WebSocket of a server peer, without an origin, as a program does.
func (v *visit) upgrade(ctx context.Context) Result {
	p, response, err := v.dial(ctx, handshake{path: "/server", secret: v.Secret, subprotocol: protocol.SubprotocolV1})
	if err != nil {
		return notUpgraded(response, err).last()
	}
	v.server = p
	if p.conn.Subprotocol() != protocol.SubprotocolV1 {
		return Fail("the answer selects no subprotocol: a proxy drops Sec-WebSocket-Protocol, or what answers is another WebSocket server",
			"have the proxy pass the header Sec-WebSocket-Protocol both ways, or correct the URL").last()
	}
	return Passed("upgraded to %s", protocol.SubprotocolV1)
}

// notUpgraded explains a failed handshake.
func notUpgraded(response *http.Response, err error) Result {
	if response == nil || response.StatusCode == http.StatusSwitchingProtocols {
		return Fail(fmt.Sprintf("the connection breaks during the WebSocket handshake: %v", root(err)),
			"have the proxy or firewall in front of relayd pass WebSocket upgrades (docs/proxy.md)")
	}
	text, _ := io.ReadAll(response.Body)
	switch code := response.StatusCode; code {
	case http.StatusUpgradeRequired:
		return Fail("a proxy does not forward the WebSocket upgrade: the relay got a plain request"+through(response.Header),
			"pass Upgrade and Connection on (in nginx: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $relay_connection, as in docs/proxy.md)")
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		return full(string(text))
	case http.StatusBadGateway, http.StatusGatewayTimeout:
		return Fail("a proxy answers "+response.Status+" to the upgrade: relayd closed its connection",
			"look at relayd's log; `proxy.protocol` must be what the proxy writes")
	}
	return Fail(fmt.Sprintf("the WebSocket handshake is refused with %s: %s", response.Status, quote(string(text))),
		"have the proxy or firewall in front of relayd pass WebSocket upgrades of /server and /client/ (docs/proxy.md)")
}

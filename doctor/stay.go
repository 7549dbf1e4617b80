package doctor

import (
	"context"
	"fmt"
	"time"

	"github.com/sebas642/intercessor/protocol"
)

// stay keeps a connection open on which only the relay's pings travel: that of a peer of the
// base protocol, which gets no beats.
func (v *visit) stay(ctx context.Context) Result {
	p, response, err := v.dial(ctx, handshake{path: "/server", secret: v.Secret, subprotocol: protocol.SubprotocolBase})
	if err != nil {
		return notUpgraded(response, err)
	}
	defer p.leave()
	began := time.Now()
	enough := time.NewTimer(v.Stay)
	defer enough.Stop()
	select {
	case <-enough.C:
		return Passed("a quiet connection stays open for %v", v.Stay)
	case <-ctx.Done():
		return Fail("interrupted", "")
	case <-p.ended:
	}
	const timeouts = "raise the timeouts of the proxy or load balancer for open connections well above 30 s (in nginx: proxy_read_timeout and proxy_send_timeout; in HAProxy: timeout tunnel)"
	code, reason := closed(p.err)
	switch code {
	case protocol.CodeRenew, protocol.CodeIdle:
		return Fail(fmt.Sprintf("the relay closes a connection after %s: %s", since(began), quote(reason)), "raise `limits.session_life` or `limits.server_alone`")
	case protocol.CodePingTimeout:
		return Fail("the relay gets no answer to its pings: something on the way drops WebSocket control frames", "have the proxy pass pings and pongs")
	case protocol.CodeRestarting:
		return v.whyClosed(p.err, "server")
	}
	return Fail(fmt.Sprintf("something between this machine and the relay closes a quiet connection after %s (%s)", since(began), reason), timeouts)
}

package doctor

import (
	"context"
	"fmt"
	"strings"

	"github.com/sebas642/intercessor/protocol"
)

// greet waits for HELLO on the connection of upgrade.
func (v *visit) greet(ctx context.Context) Result {
	hello, err := v.server.hello(ctx)
	if err != nil {
		return v.whyClosed(err, "server").last()
	}
	v.hello = hello
	facts := fmt.Sprintf("the relay waits %d s for absent peers", hello.Window)
	if hello.Limits.Rate > 0 {
		facts += fmt.Sprintf(", and takes %d bytes/s from a peer", hello.Limits.Rate)
	}
	return Passed("%s", facts)
}

// hello waits for the first message, which must be HELLO (B7).
func (p *peer) hello(ctx context.Context) (protocol.Hello, error) {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	message, err := p.next(ctx)
	if err != nil {
		return protocol.Hello{}, err
	}
	d, err := protocol.ParseDeliveryV1(message)
	if err != nil {
		return protocol.Hello{}, err
	}
	if string(d.Type) != protocol.TypeHello || protocol.ID(d.From) != protocol.RelayID {
		return protocol.Hello{}, fmt.Errorf("the first message is not HELLO")
	}
	return protocol.ParseHello(d.Message)
}

// whyClosed explains why the relay closed the connection of a server or a client.
func (v *visit) whyClosed(err error, role string) Result {
	secret := v.Secret
	if role == "client" {
		secret = v.ClientSecret
	}
	if isTimeout(err) {
		return Fail("no HELLO came within "+answerWithin.String()+" of the upgrade",
			"correct the URL if another WebSocket server answers there; a proxy must not collect data before it passes it on (in nginx: proxy_buffering off)")
	}
	code, reason := closed(err)
	switch code {
	case protocol.CodeAccessRefused:
		if secret == "" {
			return skip("the relay asks a "+role+" for an access secret, and none was given", "name a file with one in --secret-file, and another for clients in --client-secret-file")
		}
		return Fail("the relay does not accept the access secret of a "+role,
			fmt.Sprintf("compare the file of --secret-file with `access.%s_passphrase_hashes` or the keys and times of JWTs; relayd's log says why it refuses", role))
	case protocol.CodeRestarting:
		return Fail("the relay is shutting down: it closes new peers with 4000", "start relayd again if no supervisor does; `drain` says how long the end takes")
	case protocol.CodeOverloaded:
		return full(reason)
	case protocol.CodeNoSuchServer, protocol.CodeServerAway:
		return Fail("a client does not find the room that a server has just made: they reached two relays behind one name",
			"have the load balancer send all peers of a room to one relayd, or give each relayd a name of its own")
	case 1006:
		return Fail("the connection breaks before HELLO: "+reason, "look at relayd's log, and have the proxy in front of it pass WebSockets (docs/proxy.md)")
	}
	return Fail(fmt.Sprintf("the relay closes the connection with %d: %s", code, quote(reason)), "docs/codes.md says what to do about this code")
}

// full explains a refusal for lack of capacity, by the relay's words.
func full(reason string) Result {
	limit := "the limit in `limits` that relayd's log names"
	for words, key := range map[string]string{
		"its maximum of peers":                   "`limits.connections`",
		"this relay has its maximum of rooms":    "`limits.rooms`",
		"too many connections a second":          "`limits.source_connects`",
		"your network has its maximum of rooms":  "`limits.source_rooms`",
		"network has its maximum of connections": "`limits.source_connections`",
	} {
		if strings.Contains(reason, words) {
			limit = key
		}
	}
	if strings.Contains(reason, "cannot decide") {
		return Fail("the relay cannot decide whether this peer may come in: "+quote(reason), "check that the backend of `access.authorize_url` or `access.jwks_url` answers, and the clock of the relay's machine")
	}
	return Fail("the relay has no capacity: "+quote(reason), "raise "+limit+"; if it counts all peers as one network, list the proxy in `proxy.trusted`")
}

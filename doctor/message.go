package doctor

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/sebas642/intercessor/protocol"
)

// kind is the type of the doctor's messages.
const kind = "doctor"

// large is the length of a message that needs several packets.
const large = 16 << 10

// talk makes clients join the server's room, and sends a short and a large message each way. It
// takes two, because a load balancer may send one of them to the server's relay by chance.
func (v *visit) talk(ctx context.Context) Result {
	other, _, failure := v.join(ctx)
	if failure != nil {
		return *failure
	}
	defer other.leave()
	client, id, failure := v.join(ctx)
	if failure != nil {
		return *failure
	}
	defer client.leave()
	began := time.Now()
	if err := echo(ctx, client, v.server, id, v.hello.ID, []byte(`"?"`)); err != nil {
		return v.lost(err, "a short message")
	}
	short := time.Since(began)
	began = time.Now()
	if err := echo(ctx, client, v.server, id, v.hello.ID, fmt.Appendf(nil, "%q", bytes.Repeat([]byte("."), large))); err != nil {
		return v.lost(err, "a large message")
	}
	v.talked = true
	return Passed("there and back in %v, %d KiB in %v", short.Round(100*time.Microsecond), large>>10, time.Since(began).Round(100*time.Microsecond))
}

// join connects a client. The result says why it failed.
func (v *visit) join(ctx context.Context) (*peer, protocol.ID, *Result) {
	client, response, err := v.dial(ctx, handshake{path: "/client/" + string(v.hello.ID), secret: v.ClientSecret, subprotocol: protocol.SubprotocolV1})
	if err != nil {
		failure := notUpgraded(response, err)
		return nil, "", &failure
	}
	hello, err := client.hello(ctx)
	if err != nil {
		client.leave()
		failure := v.whyClosed(err, "client")
		return nil, "", &failure
	}
	return client, hello.ID, nil
}

// echo sends a message from client to server and back.
func echo(ctx context.Context, client, server *peer, clientID, serverID protocol.ID, message []byte) error {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	if err := pass(ctx, client, server, clientID, serverID, message); err != nil {
		return err
	}
	return pass(ctx, server, client, serverID, clientID, message)
}

func pass(ctx context.Context, from, to *peer, fromID, toID protocol.ID, message []byte) error {
	if err := from.send(ctx, toID, kind, message); err != nil {
		return err
	}
	d, err := to.receive(ctx, fromID, kind)
	if err == nil && !bytes.Equal(d.Message, message) {
		err = fmt.Errorf("the message was changed on its way")
	}
	return err
}

func (v *visit) lost(err error, what string) Result {
	if isTimeout(err) && what == "a large message" {
		return Fail("short messages pass, but one of 16 KiB does not: large packets are lost on the way without a report",
			"set the MTU of the tunnel or interface on the way to what it really carries, and let ICMP \"fragmentation needed\" through the firewall")
	}
	if isTimeout(err) {
		return Fail(what+" between two peers does not arrive within "+answerWithin.String(),
			"look at relayd's log; `schemas` may drop messages of types that it does not know, and a proxy must not collect data")
	}
	code, reason := closed(err)
	return Fail(fmt.Sprintf("%s between two peers fails: closed with %d, %s", what, code, quote(reason)), "docs/codes.md says what to do about this code")
}

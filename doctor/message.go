package doctor

import (
	"bytes"
	"context"
	"errors"
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
	err := echo(ctx, client, v.server, id, v.hello.ID, []byte(`"?"`))
	if isForbidden(err) {
		v.talked = true // as far as the relay lets it
		return skip("the relay's schemas allow no messages of the type "+kind, "a file "+kind+".json in `schemas.folder` lets the doctor send them (docs/schemas.md)")
	} else if err != nil {
		return lost(err)
	}
	short := time.Since(began)
	began = time.Now()
	if err := echo(ctx, client, v.server, id, v.hello.ID, fmt.Appendf(nil, "%q", bytes.Repeat([]byte("."), large))); isTimeout(err) {
		return Fail("short messages pass, but one of 16 KiB does not: large packets are lost on the way without a report",
			"set the MTU of the tunnel or interface on the way to what it really carries, and let ICMP \"fragmentation needed\" through the firewall")
	} else if err != nil {
		return lost(err)
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

// pass sends a message, and waits until it arrives or the relay says that it does not.
func pass(ctx context.Context, from, to *peer, fromID, toID protocol.ID, message []byte) error {
	if err := from.send(ctx, toID, kind, message); err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	listening := make(chan struct{})
	go func() {
		defer close(listening)
		if d, err := from.receive(ctx, protocol.RelayID, protocol.TypeRelayUndelivered); err == nil {
			told, _ := protocol.ParseUndelivered(d.Message)
			cancel(undelivered(told.Reason))
		} else if code, _ := closed(err); code == protocol.CodeRefused {
			cancel(err)
		}
	}()
	d, err := to.receive(ctx, fromID, kind)
	if cause := context.Cause(ctx); err != nil && cause != nil {
		err = cause
	}
	cancel(nil)
	<-listening
	if err == nil && !bytes.Equal(d.Message, message) {
		err = errors.New("the message was changed on its way")
	}
	return err
}

// undelivered is the relay's reason for dropping a message (D3).
type undelivered string

func (u undelivered) Error() string { return "the relay drops it, with the reason " + quote(string(u)) }

// isForbidden reports whether the relay's operator does not allow the message (B51, D10).
func isForbidden(err error) bool {
	if err == nil {
		return false
	}
	code, _ := closed(err)
	return errors.Is(err, undelivered("schema")) || code == protocol.CodeRefused
}

// lost explains a message that did not arrive as it was sent.
func lost(err error) Result {
	if isTimeout(err) {
		return Fail("a message between two peers does not arrive within "+answerWithin.String(),
			"look at relayd's log; a proxy must not collect data before it passes it on")
	}
	if dropped := undelivered(""); errors.As(err, &dropped) {
		return Fail("a message between two peers does not arrive: "+dropped.Error(), "look at relayd's log")
	}
	code, reason := closed(err)
	return Fail(fmt.Sprintf("a message between two peers fails: closed with %d, %s", code, quote(reason)), "docs/codes.md says what to do about this code")
}

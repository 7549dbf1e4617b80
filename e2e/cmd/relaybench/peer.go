//go:build linux

package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"

	"github.com/sebas642/intercessor/protocol"
)

// patience bounds every wait for what a relay does at once.
const patience = 10 * time.Second

// A peer is one connection of the load, which one goroutine at a time uses.
type peer struct {
	net.Conn
	early *bufio.Reader // begins with what came with the answer to the handshake; nil: nothing did
	id    protocol.ID   // its own, from HELLO
}

func (p *peer) Read(b []byte) (int, error) {
	if p.early != nil {
		return p.early.Read(b)
	}
	return p.Conn.Read(b)
}

// connect makes the connection and its handshakes, and waits for HELLO. Through the
// forwarder it only connects.
func (t *target) connect(path string) (p *peer, err error) {
	dialer := ws.Dialer{
		Timeout: patience,
		NetDial: func(ctx context.Context, _, address string) (net.Conn, error) {
			return (&net.Dialer{LocalAddr: t.source(), KeepAlive: -1, Timeout: patience}).DialContext(ctx, "tcp4", address)
		},
		// The relay makes the certificate anew at each start, on this machine. Verifying it would
		// only add to the load's own cost.
		TLSConfig: &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"http/1.1"}},
	}
	p = new(peer)
	if t.bare {
		p.id = "00000000-0000-0000-0000-000000000000" // as long as relayd's
		p.Conn, err = dialer.NetDial(context.Background(), "", t.url.Host)
		return p, err
	}
	if t.v1 {
		dialer.Protocols = []string{protocol.SubprotocolV1}
	}
	if p.Conn, p.early, _, err = dialer.Dial(context.Background(), t.url.JoinPath(path).String()); err != nil {
		return nil, fmt.Errorf("cannot connect to %s: %w; is this a relay?", t.url.Host, err)
	}
	d, _, err := p.receive()
	if err == nil {
		var hello protocol.Hello
		hello, err = protocol.ParseHello(d.Message)
		p.id = hello.ID
	}
	if err != nil {
		_ = p.Close()
		return nil, fmt.Errorf("a peer gets no HELLO: %w", err)
	}
	return p, nil
}

// receive waits for the next message, and answers pings until then.
func (p *peer) receive() (d protocol.Delivery, payload []byte, err error) {
	if err = p.SetDeadline(time.Now().Add(patience)); err == nil {
		payload, err = wsutil.ReadServerText(p)
	}
	if err != nil {
		return d, nil, fmt.Errorf("a connection broke: %w", err)
	}
	if d, err = protocol.ParseDeliveryV1(payload); err != nil {
		err = fmt.Errorf("the relay delivered what the protocol does not allow: %w", err)
	}
	return d, payload, err
}

// say sends a text message.
func (p *peer) say(text []byte) error {
	_, err := p.Write(frame(ws.OpText, text))
	return err
}

// tell sends a message to another peer and fails unless it arrives as it was sent.
func (p *peer) tell(to *peer, text []byte) error {
	if err := p.say(text); err != nil {
		return err
	}
	for {
		d, payload, err := to.receive()
		if err != nil {
			return err
		}
		if string(d.From) != string(protocol.RelayID) {
			return checkDelivery(payload, text)
		}
	}
}

// hold answers pings until the connection ends.
func (p *peer) hold() error {
	_ = p.SetDeadline(time.Time{})
	for {
		if _, err := wsutil.ReadServerText(p); err != nil {
			return fmt.Errorf("a peer was lost: %w", err)
		}
	}
}

// leave closes the connection with a close frame and waits for the relay's.
func (p *peer) leave() error {
	defer p.Close()
	if _, err := p.Write(frame(ws.OpClose, ws.NewCloseFrameBody(ws.StatusNormalClosure, ""))); err != nil {
		return err
	}
	for {
		h, err := ws.ReadHeader(p)
		if err == nil {
			_, err = io.CopyN(io.Discard, p, h.Length)
		}
		if err != nil || h.OpCode == ws.OpClose {
			return err
		}
	}
}

// frame encodes a masked frame. The key is not zero, so that the relay has to unmask it.
func frame(op ws.OpCode, payload []byte) []byte {
	return ws.MustCompileFrame(ws.MaskFrameWith(ws.NewFrame(op, true, payload), [4]byte{0x37, 0xfa, 0x21, 0x3d}))
}

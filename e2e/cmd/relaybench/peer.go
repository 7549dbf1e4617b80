//go:build linux

package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"

	"github.com/sebas642/intercessor/e2e/cmd/internal/bench"
	"github.com/sebas642/intercessor/protocol"
)

// patience bounds every wait for an answer of a relay.
const patience = 10 * time.Second

// A peer is one connection of the load. One goroutine at a time may use it.
type peer struct {
	net.Conn
	r  io.Reader   // reads Conn, after the bytes that came with the handshake's answer
	id protocol.ID // its own, from HELLO
}

func (p *peer) Read(b []byte) (int, error) { return p.r.Read(b) }

// connect makes the connection and its handshakes, and waits for HELLO. For the forwarder it
// only connects.
func (t *target) connect(path string) (p *peer, err error) {
	dialer := ws.Dialer{
		Timeout: patience,
		NetDial: func(_ context.Context, _, address string) (net.Conn, error) {
			return (&net.Dialer{LocalAddr: t.source(), KeepAlive: -1}).Dial("tcp4", address)
		},
		// The relay makes a new certificate at each start, on this machine. Verifying it would
		// only add to the load's own cost.
		TLSConfig: &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"http/1.1"}},
	}
	p = new(peer)
	if t.bare {
		p.id = "00000000-0000-0000-0000-000000000000" // as long as relayd's
		p.Conn, err = dialer.NetDial(context.Background(), "", t.address)
		return p, err
	}
	if t.v1 {
		dialer.Protocols = []string{protocol.SubprotocolV1}
	}
	var early *bufio.Reader
	if p.Conn, early, _, err = dialer.Dial(context.Background(), t.scheme+"://"+t.address+path); err != nil {
		return nil, fmt.Errorf("cannot connect to %s: %w; is this a relay?", t.address, err)
	}
	if p.r = p.Conn; early != nil {
		p.r = early
	}
	d, err := p.receive()
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

// receive waits for the next message and answers pings.
func (p *peer) receive() (d protocol.Delivery, err error) {
	_ = p.SetDeadline(time.Now().Add(patience))
	payload, err := wsutil.ReadServerText(p)
	if err != nil {
		return d, fmt.Errorf("a connection broke: %w", err)
	}
	return protocol.ParseDeliveryV1(payload)
}

// tell sends a message to another peer and fails unless it arrives unchanged.
func (p *peer) tell(to *peer, text []byte) error {
	if _, err := p.Write(frame(ws.OpText, text)); err != nil {
		return err
	}
	for {
		d, err := to.receive()
		if err != nil {
			return err
		}
		if string(d.From) == string(protocol.RelayID) {
			continue
		}
		e, err := protocol.ParseEnvelopeV1(text)
		if err == nil && (!bytes.Equal(d.Type, e.Type) || !bytes.Equal(d.Message, e.Message) || !bytes.Equal(d.Link, e.Link)) {
			err = fmt.Errorf("the relay delivered a different message than was sent: %.200q", d.Message)
		}
		return err
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

// leave sends a close frame and waits until the relay has closed the connection.
func (p *peer) leave() error {
	_, err := p.Write(frame(ws.OpClose, ws.NewCloseFrameBody(ws.StatusNormalClosure, "")))
	if err == nil {
		_, err = io.Copy(io.Discard, p)
	}
	return err
}

// frame encodes a masked frame. The key is not zero, so the relay must unmask it.
func frame(op ws.OpCode, payload []byte) []byte {
	return ws.MustCompileFrame(ws.MaskFrameWith(ws.NewFrame(op, true, payload), [4]byte{0x37, 0xfa, 0x21, 0x3d}))
}

// The load looks like a typical message, an offer. Its lines have escapes, which a relay must
// scan.
const (
	sdp = `v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n` +
		`m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\n` +
		`a=ice-ufrag:4ZcD\r\na=ice-pwd:2/1muCWoOi3uLifh0NuRHlqw\r\na=setup:actpass\r\n` +
		`a=sctp-port:5000\r\na=max-message-size:262144\r\n`
	candidate = `a=candidate:1467250027 1 udp 2122260223 192.168.0.196 46243 typ host generation 0\r\n`
)

// header is what a link adds to a message in the middle of a stream.
const header = `{"id":"0123456789abcdef","n":123456,"r":123400,"t":123399,"g":34567890}`

// message returns a message of exactly size bytes, as a peer sends it. A v1 message has the
// header of a link.
func message(to protocol.ID, size int, v1 bool) ([]byte, error) {
	var link []byte
	if v1 {
		link = []byte(header)
	}
	envelope := func(text string) []byte {
		return protocol.AppendEnvelopeV1(nil, to, protocol.TypeOffer, []byte(`{"type":"offer","sdp":"`+text+`"}`), link)
	}
	least := len(envelope(""))
	if size < least || size > protocol.MaxMessage {
		return nil, bench.Mistake(fmt.Sprintf("--size is %d and must be from %d to %d with this relay's IDs", size, least, protocol.MaxMessage))
	}
	text := []byte((sdp + strings.Repeat(candidate, size/len(candidate)+1))[:size-least])
	if bytes.HasSuffix(text, []byte(`\`)) { // half an escape
		text[len(text)-1] = '='
	}
	return envelope(string(text)), nil
}

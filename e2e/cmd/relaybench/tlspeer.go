//go:build linux

package main

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/sebas642/intercessor/protocol"
)

// A tlsPeer is one connection of a crowd. One goroutine at a time uses it.
type tlsPeer struct {
	conn *tls.Conn
	rest []byte // what has come and was not looked at
}

// greet makes both handshakes and waits for HELLO, which gives the peer's ID.
func (p *tlsPeer) greet(ctx context.Context, request []byte) (protocol.ID, error) {
	late, _ := ctx.Deadline() // join gives it one
	if err := p.conn.SetDeadline(late); err != nil {
		return "", fmt.Errorf("a connection broke: %w", err)
	}
	if err := p.conn.HandshakeContext(ctx); err != nil {
		return "", fmt.Errorf("the TLS handshake failed: %w", err)
	}
	if _, err := p.conn.Write(request); err != nil {
		return "", fmt.Errorf("a connection broke: %w", err)
	}
	if err := p.accepted(); err != nil {
		return "", err
	}
	opcode, payload, err := p.frame()
	if err != nil {
		return "", err
	}
	if opcode != opText {
		return "", fmt.Errorf("a frame with opcode %d came instead of HELLO", opcode)
	}
	id, err := helloID(payload)
	if err != nil {
		return "", err
	}
	return id, p.conn.SetDeadline(time.Time{}) // from now on it is idle
}

// hold answers pings until the connection ends.
func (p *tlsPeer) hold() error {
	for {
		opcode, payload, err := p.frame()
		if err != nil {
			return err
		}
		switch opcode {
		case opPing:
			_ = p.conn.SetWriteDeadline(time.Now().Add(patience))
			if _, err := p.conn.Write(appendFrame(nil, opPong, payload)); err != nil {
				return err
			}
		case opClose:
			if len(payload) < 2 {
				return fmt.Errorf("the relay closed it and did not say why")
			}
			code := protocol.Code(binary.BigEndian.Uint16(payload))
			return fmt.Errorf("the relay closed it: %d, %v: %s", uint16(code), code, payload[2:])
		}
	}
}

// accepted waits for the answer to the WebSocket handshake.
func (p *tlsPeer) accepted() error {
	for {
		size, err := acceptedAfter(p.rest)
		if err != nil {
			return err
		}
		if size > 0 {
			p.rest = p.rest[size:]
			return nil
		}
		if err := p.more(); err != nil {
			return err
		}
	}
}

// frame waits for the next frame. Its payload is good until the next call.
func (p *tlsPeer) frame() (opcode byte, payload []byte, err error) {
	for {
		opcode, payload, size, err := cutFrame(p.rest)
		if err != nil {
			return 0, nil, err
		}
		if size > 0 {
			p.rest = p.rest[size:]
			return opcode, payload, nil
		}
		if err := p.more(); err != nil {
			return 0, nil, err
		}
	}
}

// more reads behind what has come.
func (p *tlsPeer) more() error {
	const least = 512
	p.rest = slices.Grow(p.rest, least)
	n, err := p.conn.Read(p.rest[len(p.rest):cap(p.rest)])
	p.rest = p.rest[:len(p.rest)+n]
	switch {
	case n > 0:
		return nil
	case err == io.EOF:
		return fmt.Errorf("the connection was closed without a close frame")
	}
	return fmt.Errorf("the connection broke: %w", err)
}

// cut closes the socket without a word.
func (p *tlsPeer) cut() { _ = p.conn.NetConn().Close() }

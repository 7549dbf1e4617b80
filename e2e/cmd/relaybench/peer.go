//go:build linux

package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"syscall"

	"github.com/sebas642/intercessor/protocol"
	"golang.org/x/sys/unix"
)

// A peer is one connection of the load.
type peer struct {
	loop  *loop
	role  role
	fd    int // -1 once it is closed
	stage stage
	id    protocol.ID // its own, from HELLO

	rest   []byte // the beginning of a frame whose end has not come
	unsent []byte // what the socket did not take
}

// stage is how far a peer is.
type stage int

const (
	upgrading stage = iota // waits for the answer to its handshake
	waiting                // waits for HELLO
	talking
	leaving // has sent its close frame
)

// A role is what a peer is for.
type role interface {
	greeted(*peer) error         // HELLO came
	message(*peer, []byte) error // a message came
	answer(*peer) error          // all that came with one read has been given to message
	left(*peer) error            // the relay has answered the peer's close frame
}

// A bystander does nothing. Other roles embed it for what they do not heed.
type bystander struct{}

func (bystander) greeted(*peer) error         { return nil }
func (bystander) message(*peer, []byte) error { return nil }
func (bystander) answer(*peer) error          { return nil }
func (bystander) left(*peer) error            { return nil }

// open connects a peer. Through the forwarder it talks at once, otherwise when
// its role hears of HELLO.
func (l *loop) open(path string, r role) (*peer, error) {
	fd, err := l.target.dial()
	if err != nil {
		return nil, err
	}
	p := &peer{loop: l, role: r, fd: fd, stage: talking}
	if err := l.add(p); err != nil {
		_ = unix.Close(fd)
		return nil, err
	}
	if l.target.bare {
		return p, nil
	}
	p.stage = upgrading
	l.greeting++
	return p, p.write(l.target.handshake(path))
}

// cut closes the socket.
func (p *peer) cut() {
	p.loop.peers[p.fd] = nil
	_ = unix.Close(p.fd)
	p.fd = -1
}

// read takes what is there, once; epoll tells if there is more.
func (p *peer) read() error {
	buf := p.loop.buf[:]
	kept := copy(buf, p.rest)
	n, errno := rawRead(p.fd, buf[kept:])
	switch {
	case errno == syscall.EAGAIN || errno == syscall.EINTR:
		return nil
	case errno != 0:
		return fmt.Errorf("a connection broke: %w", errno)
	case n == 0:
		return errors.New("a connection was closed without a close frame")
	}
	rest, err := p.frames(buf[:kept+n])
	if err != nil || p.fd < 0 {
		return err
	}
	p.rest = append(p.rest[:0], rest...)
	if p.stage == talking {
		return p.role.answer(p)
	}
	return nil
}

// frames handles the frames that are whole and gives back the rest.
func (p *peer) frames(b []byte) ([]byte, error) {
	if p.stage == upgrading {
		size, err := acceptedAfter(b)
		if err != nil || size == 0 {
			return b, err
		}
		b, p.stage = b[size:], waiting
	}
	for p.fd >= 0 {
		opcode, payload, size, err := cutFrame(b)
		if err != nil || size == 0 {
			return b, err
		}
		b = b[size:]
		switch opcode {
		case opText:
			err = p.text(payload)
		case opPing:
			err = p.write(appendFrame(nil, opPong, payload))
		case opClose:
			err = p.closed(payload)
		case opPong:
		default:
			err = fmt.Errorf("a frame with opcode %d came", opcode)
		}
		if err != nil {
			return b, err
		}
	}
	return nil, nil
}

func (p *peer) text(payload []byte) error {
	switch p.stage {
	case talking:
		return p.role.message(p, payload)
	case waiting:
		id, err := helloID(payload)
		if err != nil {
			return err
		}
		p.id, p.stage = id, talking
		p.loop.greeting--
		return p.role.greeted(p)
	}
	return nil // it leaves, and heeds nothing
}

// closed is told of the relay's close frame.
func (p *peer) closed(payload []byte) error {
	if p.stage == leaving {
		p.cut()
		return p.role.left(p)
	}
	if len(payload) < 2 {
		return errors.New("the relay closed a peer and did not say why")
	}
	code := protocol.Code(binary.BigEndian.Uint16(payload))
	return fmt.Errorf("the relay closed a peer: %d, %v: %s", uint16(code), code, payload[2:])
}

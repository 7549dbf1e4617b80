package relay_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"
)

// An autobahnCase is what the tester does and what the relay has to answer.
type autobahnCase struct {
	number string
	sends  []string // each in a write of its own, or pause
	rounds int      // how often all of it is sent, each time when the answer is there; 0: once
	binary bool     // its messages are

	want    []event // of each round
	lenient []event // what is right as well, but not strict; nil: nothing
	ends    ending
	codes   []uint16 // one of them is in the relay's close frame, or none
	unclean bool     // the relay may drop the connection

	fill func(c *autobahnCase) // sets sends and want, where they are large
}

// pause is a wait of the suite's second, in which the relay may do something of itself.
const pause = ""

// An ending says who fails or closes the connection.
type ending int

const (
	byTester ending = iota // with 1000, when the answers are there
	inSends                // the tester, as part of what it sends
	byRelay
)

// An event is what the tester notes: a message, a pong, or a pause that found the
// connection open at its end.
type event struct{ kind, payload string }

// A tester is one connection of a case.
type tester struct {
	*autobahnCase
	peer   *wire
	frames chan wireFrame
	closed bool // it has sent a close frame

	events   []event
	answered bool   // the relay has sent a close frame,
	code     uint16 // with this code; 0: with none
	first    bool   // and before the tester did, or has dropped the connection
	dropped  error  // how the connection ended, nil where both sides closed it
	broken   string // what no server may send
}

// play runs a case to its end. The relay's answers are taken in a goroutine of their
// own, because both sides may write much at a time.
func (c *autobahnCase) play(w *world) *tester {
	if c.fill != nil {
		c.fill(c)
	}
	p := &tester{autobahnCase: c, peer: w.wire("/server"), frames: make(chan wireFrame), closed: c.ends == inSends}
	_ = p.peer.conn.SetDeadline(time.Now().Add(patience))
	go func() {
		defer close(p.frames)
		for {
			f := p.peer.frame()
			if p.frames <- f; f.err != nil {
				return
			}
		}
	}()
	for open := p.send(); open; {
		open = p.note(<-p.frames)
	}
	_ = p.peer.conn.Close()
	<-p.frames
	return p
}

// send makes the tester's part, and reports whether there is more to come.
func (p *tester) send() bool {
	for range max(1, p.rounds) {
		n := len(p.events) + len(p.want)
		for _, s := range p.sends {
			if s == pause && !p.pause() {
				return p.dropped == nil
			}
			_, _ = io.WriteString(p.peer.conn, s) // a relay that has closed already takes no more
		}
		for p.ends == byTester && len(p.events) < n {
			if !p.note(<-p.frames) {
				return false
			}
		}
	}
	if p.ends == byTester {
		p.close(1000)
	}
	return true
}

// pause reports whether the connection is open still.
func (p *tester) pause() bool {
	second := time.After(time.Second)
	for {
		select {
		case f := <-p.frames:
			if !p.note(f) || p.answered {
				return false
			}
		case <-second:
			p.events = append(p.events, event{kind: "pause"})
			return true
		}
	}
}

func (p *tester) close(code uint16) {
	if !p.closed {
		p.closed = true
		_, _ = io.WriteString(p.peer.conn, closing(code, ""))
	}
}

// note takes what came, and reports whether it was not the end.
func (p *tester) note(f wireFrame) bool {
	switch opcode := f.first & 0xf; {
	case f.err != nil:
		p.first = p.first || !p.closed
		if !errors.Is(f.err, io.EOF) || !p.answered {
			p.dropped = f.err
		}
		return false
	case f.first&0xf0 != 0x80 || f.masked:
		p.broken = fmt.Sprintf("it has sent a frame that begins with %x", f.first)
	case opcode == 0x8:
		p.answered, p.first = true, !p.closed
		if len(f.payload) >= 2 {
			p.code = binary.BigEndian.Uint16(f.payload)
		}
		p.close(p.code)
	default:
		kinds := map[byte]string{0x1: "text", 0x2: "binary", 0x9: "ping", 0xa: "pong"}
		p.events = append(p.events, event{kinds[opcode], string(f.payload)})
	}
	return true
}

// judge returns the suite's verdict, and what happened.
func (p *tester) judge() (verdict, string) {
	events := slices.Repeat(p.want, max(1, p.rounds))
	late := p.lenient != nil && slices.Equal(p.events, p.lenient)
	switch {
	case !late && !slices.Equal(p.events, events):
		return failed, "other events than expected: " + p.happened()
	case p.broken != "":
		return failed, p.broken
	case p.first != (p.ends == byRelay):
		return failed, "the wrong side has ended the connection: " + p.happened()
	case errors.Is(p.dropped, os.ErrDeadlineExceeded):
		return failed, "the relay has not ended the connection: " + p.happened()
	case p.dropped != nil && !p.unclean:
		return failed, "no clean end: " + p.dropped.Error()
	case p.code != 0 && !slices.Contains(p.codes, p.code):
		return failed, "the wrong code: " + p.happened()
	case notOK[p.number].verdict == informational:
		return informational, p.happened()
	case late:
		return nonStrict, p.happened()
	}
	return ok, p.happened()
}

func (p *tester) happened() string {
	var b strings.Builder
	for _, e := range p.events[:min(4, len(p.events))] {
		fmt.Fprintf(&b, "%s of %d bytes (%.20q), ", e.kind, len(e.payload), e.payload)
	}
	if n := len(p.events); n > 4 {
		fmt.Fprintf(&b, "... %d in all, ", n)
	}
	return fmt.Sprintf("%sclose %d", b.String(), p.code)
}

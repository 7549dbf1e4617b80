//go:build linux

package main

import (
	"errors"
	"time"

	"github.com/sebas642/intercessor/protocol"
)

// A caller is a client that sends messages to its server and hears an answer to
// each. The time between is the round trip.
type caller struct {
	bystander
	traffic *traffic
	peer    *peer
	host    host
	window  int // messages that it keeps under way
	burst   int // how many of them one write may take

	text    []byte // what it says
	request copies // its frames
	flight  flight
	came    int   // answers of the read at hand
	answers int64 // since the measurement began

	// expects is what the server answers, until it has: the first round trip is
	// looked at, the others are counted.
	expects []byte
}

// A host is the server that a caller talks to.
type host interface {
	role
	// meet is told when a caller and its server have their IDs.
	meet(*caller) error
}

// newCaller makes a caller that can have at most so many messages under way.
func newCaller(t *traffic, h host, s *settings, most int) *caller {
	c := &caller{traffic: t, host: h, window: s.window, burst: s.burst(), flight: flight{sent: make([]time.Time, most)}}
	t.callers = append(t.callers, c)
	return c
}

// introduce makes what caller and server say to each other, of so many bytes,
// and gives the server's part.
func (c *caller) introduce(server protocol.ID, size int) (answer []byte, err error) {
	if c.text, err = message(server, size, c.traffic.loop.target.v1); err != nil {
		return nil, err
	}
	c.request = copiesOf(c.text, c.burst)
	c.expects, err = message(c.peer.id, size, c.traffic.loop.target.v1)
	return c.expects, err
}

// greeted sends the first message.
func (c *caller) greeted(p *peer) error {
	c.peer = p
	if err := c.host.meet(c); err != nil {
		return err
	}
	c.traffic.unchecked++
	return c.ask(1, p.loop.now)
}

// ask sends n messages, which count as sent at the time given.
func (c *caller) ask(n int, at time.Time) error {
	for range n {
		if err := c.flight.push(at); err != nil {
			return err
		}
	}
	return c.peer.writeTimes(c.request, n)
}

func (c *caller) message(_ *peer, payload []byte) error {
	if c.expects == nil {
		c.came++
		return nil
	}
	if relays, err := isRelays(payload); relays || err != nil {
		return err // behind HELLO a relay may say more
	}
	c.came++
	expected := c.expects
	c.expects = nil
	c.traffic.unchecked--
	return checkDelivery(payload, expected)
}

func (c *caller) answer(*peer) error {
	n, t := c.came, c.traffic
	if n == 0 {
		return nil
	}
	c.came = 0
	c.answers += int64(n)
	t.delivered += int64(n)
	now := time.Now()
	for range n {
		sent, err := c.flight.pop()
		if err != nil {
			return err
		}
		if t.latency != nil {
			t.latency.record(now.Sub(sent) / 2)
		}
	}
	if !t.again {
		return nil
	}
	return c.ask(n, now)
}

// flight holds when the messages under way were sent, oldest first.
type flight struct {
	sent     []time.Time
	first, n int
}

func (f *flight) push(at time.Time) error {
	if f.n == len(f.sent) {
		return errBehind
	}
	f.sent[(f.first+f.n)%len(f.sent)] = at
	f.n++
	return nil
}

func (f *flight) pop() (time.Time, error) {
	if f.n == 0 {
		return time.Time{}, errors.New("an answer came to no message")
	}
	at := f.sent[f.first]
	f.first = (f.first + 1) % len(f.sent)
	f.n--
	return at, nil
}

var errBehind = errors.New("the relay falls behind: thousands of messages of one pair wait for their answers; try a lower --rate")

//go:build linux

package main

import (
	"github.com/sebas642/intercessor/protocol"
)

// bareID is the ID of every peer behind the forwarder; relayd's are as long.
const bareID protocol.ID = "00000000-0000-0000-0000-000000000000"

// An echo is the server of a pair: it answers each message of its one client
// with a message of the same size.
type echo struct {
	bystander
	peer   *peer
	caller *caller
	size   int

	response copies
	came     int  // messages of the read at hand
	checked  bool // the first was what the client had sent
}

func (e *echo) meet(c *caller) error {
	answer, err := c.introduce(e.peer.id, e.size)
	e.response = copiesOf(answer, c.burst)
	return err
}

func (e *echo) message(_ *peer, payload []byte) error {
	if !e.checked {
		switch relays, err := isRelays(payload); {
		case err != nil:
			return err
		case relays:
			return nil // PEER_JOINED; after the first message nothing of the kind comes
		}
		if err := checkDelivery(payload, e.caller.text); err != nil {
			return err
		}
		e.checked = true
	}
	e.came++
	return nil
}

func (e *echo) answer(p *peer) error {
	n := e.came
	e.came = 0
	e.caller.traffic.delivered += int64(n)
	return p.writeTimes(e.response, n)
}

// openPairs opens so many rooms of one server and one client and sends a first
// message through each. A client can have at most so many messages under way.
func openPairs(l *loop, s *settings, most int) (*traffic, error) {
	t := &traffic{loop: l}
	echoes := make([]*echo, s.pairs)
	for i := range echoes {
		echoes[i] = &echo{size: s.size}
		echoes[i].caller = newCaller(t, echoes[i], s, most)
	}
	if l.target.bare {
		return t, joinBare(l, echoes)
	}
	const parallel = 64
	if err := l.openAll(s.pairs, parallel, func(i int) error { return echoes[i].connect(l) }); err != nil {
		return nil, err
	}
	if err := l.openAll(s.pairs, parallel, func(i int) error {
		_, err := l.open("/client/"+string(echoes[i].peer.id), echoes[i].caller)
		return err
	}); err != nil {
		return nil, err
	}
	return t, l.until("the first message of each pair", func() bool { return t.unchecked == 0 })
}

func (e *echo) connect(l *loop) (err error) {
	e.peer, err = l.open("/server", e)
	return err
}

// joinBare connects pairs through the forwarder, which joins each two
// connections that follow one another.
func joinBare(l *loop, echoes []*echo) error {
	for _, e := range echoes {
		if err := e.connect(l); err != nil {
			return err
		}
		client, err := l.open("", e.caller)
		if err != nil {
			return err
		}
		e.peer.id, client.id = bareID, bareID
		e.caller.peer = client
		if err := e.meet(e.caller); err != nil {
			return err
		}
		e.checked, e.caller.expects = true, nil // it parses nothing that could be wrong
	}
	return nil
}

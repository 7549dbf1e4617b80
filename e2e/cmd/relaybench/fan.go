//go:build linux

package main

import (
	"flag"
	"fmt"
	"time"

	"github.com/sebas642/intercessor/protocol"
)

func fanFlags(flags *flag.FlagSet, s *settings) {
	targetFlags(flags, s)
	flags.IntVar(&s.clients, "clients", 1000, "clients of the one server")
	windowFlag(flags, s)
	sizeFlag(flags, s)
	timeFlags(flags, s, 5*time.Second)
}

func (b *bench) fan(l *loop, s *settings) error {
	traffic, err := openFan(l, s)
	if err != nil {
		return err
	}
	traffic.progress("measuring")
	out, err := traffic.closedLoop(s.warmup, s.during)
	if err != nil {
		return err
	}
	r := b.result(s, fmt.Sprintf("one server, %d clients, window %d, %d bytes", s.clients, s.window, s.size))
	r.Add("clients", "", s.clients, "")
	r.Add("window", "", s.window, "")
	r.Add("size", "", s.size, "")
	r.Add("bursts", "", s.bursts, "")
	out.figures(&r)
	return b.Report.Print(r)
}

// openFan opens one server and its clients; each client has had one answer then.
func openFan(l *loop, s *settings) (*traffic, error) {
	t := &traffic{loop: l}
	h := &hub{traffic: t, size: s.size, burst: s.burst(), answers: map[string][]byte{}}
	err := l.openAll(1, 1, func(int) (err error) {
		h.peer, err = l.open("/server", h)
		return err
	})
	if err != nil {
		return nil, err
	}
	const parallel = 64
	err = l.openAll(s.clients, parallel, func(int) error {
		_, err := l.open("/client/"+string(h.peer.id), newCaller(t, h, s, s.window))
		return err
	})
	if err != nil {
		return nil, err
	}
	return t, l.until("the first message of each client", func() bool { return t.unchecked == 0 })
}

// A hub is a server with many clients: it answers each message to who sent it.
type hub struct {
	bystander
	traffic *traffic
	peer    *peer
	size    int
	answers map[string][]byte // the frame for each client's ID
	burst   int               // how many answers one write may take
	batch   []byte            // answers that are not written yet
}

func (h *hub) meet(c *caller) error {
	answer, err := c.introduce(h.peer.id, h.size)
	h.answers[string(c.peer.id)] = appendFrame(nil, opText, answer)
	return err
}

func (h *hub) message(_ *peer, payload []byte) error {
	d, err := protocol.ParseDelivery(payload)
	if err != nil {
		return notAllowed(err)
	}
	if string(d.From) == string(protocol.RelayID) {
		return nil // PEER_JOINED
	}
	frame, ok := h.answers[string(d.From)]
	if !ok {
		return fmt.Errorf("a message came from %q, which is no client here", d.From)
	}
	h.traffic.delivered++
	h.batch = append(h.batch, frame...)
	if h.burst == 1 {
		return h.answer(h.peer)
	}
	return nil
}

func (h *hub) answer(p *peer) error {
	err := p.write(h.batch)
	h.batch = h.batch[:0]
	return err
}

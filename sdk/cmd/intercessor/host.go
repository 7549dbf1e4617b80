package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/sebas642/intercessor/sdk"
)

// A host is the end of a room that listens. It forwards every message between guests.
type host struct {
	name   string // static, as are the next two
	screen *screen
	said   *outcomes // nil if this end says nothing

	// announcing is held while a list of people is made and sent, so that no
	// guest gets an older list after a newer one. It is locked before mu.
	announcing sync.Mutex

	mu       sync.Mutex    // guards what follows
	seats    []*seat       // in the order of arrival
	admitted int           // how many seats there have been
	came     chan struct{} // made by the first waiter, closed when a guest comes
}

// attend serves one guest until its connection ends, and returns the reason.
func (h *host) attend(ctx context.Context, s *seat) (err error) {
	defer func() { h.leave(ctx, s, err) }()
	if err := h.welcome(ctx, s); err != nil {
		return err
	}
	for {
		m, err := s.peer.Receive(ctx)
		if err != nil {
			return err
		}
		h.handle(ctx, s, m)
	}
}

func (h *host) welcome(ctx context.Context, s *seat) error {
	if err := tell(ctx, s.peer, message(typeName, h.name)); err != nil {
		return err
	}
	h.announcing.Lock()
	defer h.announcing.Unlock()
	return tell(ctx, s.peer, message(typePeople, h.list(s)))
}

func (h *host) handle(ctx context.Context, s *seat, m sdk.Message) {
	switch m.Type {
	case typePing:
		_ = tell(ctx, s.peer, sdk.Message{Type: typePong, Data: m.Data}) // Receive returns the error
	case typeName:
		if name, ok := readName(m); ok {
			h.introduce(ctx, s, name)
		}
	case typeChat:
		if line, ok := readChat(m); ok {
			if !h.introduced(s) {
				h.introduce(ctx, s, nameless)
			}
			line.Name = h.nameOf(s)
			h.screen.said(line.Name, line.Text)
			h.broadcast(ctx, s, message(typeChat, line))
		}
	default:
		if s.others != nil {
			s.others(m)
		}
	}
}

// introduce gives a guest a name that is unique in the room.
func (h *host) introduce(ctx context.Context, s *seat, name string) {
	h.mu.Lock()
	before := s.name
	s.name = ""
	unique := name
	for n := 2; slices.Contains(h.names(), unique); n++ {
		unique = fmt.Sprintf("%s (%d)", name, n)
	}
	s.name = unique
	h.mu.Unlock()

	switch before {
	case unique:
		return
	case "":
		h.screen.event("%s joined", unique)
	default:
		h.screen.event("%s is now called %s", before, unique)
	}
	h.announce(ctx)
}

func (h *host) leave(ctx context.Context, s *seat, why error) {
	known := h.introduced(s)
	name := h.nameOf(s)
	h.vacate(s)
	if known && ctx.Err() == nil { // when the room ends, no departures are announced
		var gone *sdk.GoneError
		if errors.As(why, &gone) && gone.Reason == sdk.ReasonTimeout {
			h.screen.event("%s was away for too long and is no longer here", name)
		} else {
			h.screen.event("%s left", name)
		}
		h.announce(ctx)
	}
}

// announce tells every guest who is in the room.
func (h *host) announce(ctx context.Context) {
	h.announcing.Lock()
	defer h.announcing.Unlock()
	for _, s := range h.present() {
		_ = tell(ctx, s.peer, message(typePeople, h.list(s))) // the Receive of a guest that is gone returns the error
	}
}

// broadcast sends m to every guest but one, one after the other: all messages leave over
// the host's one connection to the relay.
func (h *host) broadcast(ctx context.Context, except *seat, m sdk.Message) {
	for _, s := range h.present() {
		if s != except {
			_ = tell(ctx, s.peer, m) // the Receive of a guest that is gone returns the error
		}
	}
}

func (h *host) say(ctx context.Context, text string) error {
	seats := h.present()
	if len(seats) == 0 {
		return errAlone
	}
	m := message(typeChat, chatLine{Text: text, Name: h.name})
	for _, s := range seats {
		ctx, cancel := context.WithTimeout(ctx, sendPatience)
		receipt, err := s.peer.Send(ctx, m)
		cancel()
		if err != nil {
			s.said.notDelivered("not delivered", text)
		} else {
			s.said.note(text, receipt)
		}
	}
	return nil
}

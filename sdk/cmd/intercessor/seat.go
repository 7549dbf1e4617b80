package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/sebas642/intercessor/sdk"
)

// nameless is the name of a guest that has not sent one.
const nameless = "guest"

// A seat is the host's record of a guest.
type seat struct {
	peer   peer              // static, as are the next three
	id     string            // of the guest as a person, unique in the room
	said   *record           // the host's messages to the guest
	others func(sdk.Message) // gets messages that are not part of a chat; may be nil
	name   string            // guarded by host.mu; empty until the guest is introduced
}

// admit gives a newcomer a seat; attend must follow.
func (h *host) admit(p peer) *seat {
	s := &seat{peer: p}
	s.said = &record{all: h.said, name: func() string { return h.nameOf(s) }}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.admitted++
	s.id = strconv.Itoa(h.admitted)
	h.seats = append(h.seats, s)
	if h.came != nil {
		close(h.came)
		h.came = nil
	}
	return s
}

// present returns a copy of the list of seats.
func (h *host) present() []*seat {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.seats)
}

func (h *host) occupied(ctx context.Context) error {
	h.mu.Lock()
	if len(h.seats) > 0 {
		h.mu.Unlock()
		return nil
	}
	if h.came == nil {
		h.came = make(chan struct{})
	}
	came := h.came
	h.mu.Unlock()
	select {
	case <-came:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (h *host) vacate(s *seat) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.seats = slices.DeleteFunc(h.seats, func(other *seat) bool { return other == s })
}

func (h *host) introduced(s *seat) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return s.name != ""
}

func (h *host) nameOf(s *seat) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if s.name == "" {
		return nameless
	}
	return s.name
}

func (h *host) people() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.names()
}

// names returns the names of the host and of all introduced guests. The caller holds mu.
func (h *host) names() []string {
	names := []string{h.name}
	for _, s := range h.seats {
		if s.name != "" {
			names = append(names, s.name)
		}
	}
	return names
}

// list returns the list of people for the guest on a seat.
func (h *host) list(to *seat) []person {
	h.mu.Lock()
	defer h.mu.Unlock()
	people := []person{{ID: "host", Name: h.name}}
	for _, s := range h.seats {
		if s.name != "" {
			people = append(people, person{ID: s.id, Name: s.name, You: s == to})
		}
	}
	return people
}

func (h *host) find(name string) (peer, string, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	known := slices.DeleteFunc(slices.Clone(h.seats), func(s *seat) bool { return s.name == "" })
	switch {
	case len(known) == 0:
		return nil, "", errAlone
	case name == "" && len(known) == 1:
		return known[0].peer, known[0].name, nil
	case name == "":
		return nil, "", errors.New("which guest? /send FILE NAME; /people lists who is here")
	}
	for _, s := range known {
		if strings.EqualFold(s.name, name) {
			return s.peer, s.name, nil
		}
	}
	return nil, "", fmt.Errorf("no one here is called %s; /people lists who is here", name)
}

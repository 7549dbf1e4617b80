package rtc

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestNegotiationAgreesInEveryOrder plays two sides against each other, with two and three
// changes, in every order of changes and received messages. At the end no message may be on
// its way, and both descriptions must contain what each side needs.
func TestNegotiationAgreesInEveryOrder(t *testing.T) {
	histories := 0
	var explore func(history []int)
	explore = func(history []int) {
		w := newWorld(t)
		for _, choice := range history {
			w.choices()[choice]()
		}
		choices := len(w.choices())
		if choices == 0 {
			histories++
			for name, s := range map[string]*party{"client": w.client, "server": w.server} {
				require.Equal(t, s.needs, s.agreed, "what the %s needs, after %v", name, history)
			}
			return
		}
		require.Less(t, len(history), 40, "does not end: %v", history)
		for choice := range choices {
			explore(append(history[:len(history):len(history)], choice))
		}
	}
	explore(nil)
	require.Greater(t, histories, 10_000)
}

// world is two parties and the messages on their way between them.
type world struct {
	t              *testing.T
	client, server *party
}

// party counts what it needs, what its last offer said, and what is agreed.
type party struct {
	negotiation
	needs, offered, agreed int
	most                   int // the limit of needs
	coming                 []string
}

func newWorld(t *testing.T) *world {
	return &world{
		t:      t,
		client: &party{negotiation: negotiation{offers: true}, most: 2},
		server: &party{most: 3},
	}
}

// choices are the things that may happen next.
func (w *world) choices() []func() {
	var all []func()
	for _, s := range []*party{w.client, w.server} {
		if s.needs < s.most {
			all = append(all, func() {
				s.needs++
				w.take(s, s.need(0, 0))
			})
		}
		if len(s.coming) > 0 {
			all = append(all, func() {
				typ := s.coming[0]
				s.coming = s.coming[1:]
				next, err := s.receive(typ, nil)
				require.NoError(w.t, err)
				w.take(s, next)
			})
		}
	}
	return all
}

func (w *world) take(s *party, next step) {
	switch next {
	case makeOffer:
		s.offered = s.needs
		w.server.coming = append(w.server.coming, "OFFER")
	case askForOffer:
		w.client.coming = append(w.client.coming, "NEGOTIATE")
	case makeAnswer:
		s.placed()
		s.agreed = s.needs
		w.client.coming = append(w.client.coming, "ANSWER")
		w.take(s, s.settle(0, 0))
	case takeAnswer:
		s.placed()
		s.agreed = s.offered
		w.take(s, s.settle(0, 0))
	}
}

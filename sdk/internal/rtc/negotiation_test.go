package rtc

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// play plays a script: the events of one side of a negotiation in order. An event is
// "needed", the type of a received message, or "settled". After a colon comes the expected
// step, "error", or nothing.
func play(t *testing.T, n *negotiation, script string) {
	t.Helper()
	names := map[step]string{
		nothing: "", makeOffer: "make offer", askForOffer: "ask", makeAnswer: "make answer",
		takeAnswer: "take answer", addCandidate: "add", dropCandidate: "drop",
	}
	for line := range strings.Lines(strings.TrimSpace(script)) {
		event, want, _ := strings.Cut(strings.TrimSpace(line), ":")
		var next step
		var err error
		var unplaced, sections int
		name, _, _ := strings.Cut(event, " ")
		_, _ = fmt.Sscanf(event, name+" %d of %d", &unplaced, &sections)
		switch name {
		case "needed":
			next = n.need(unplaced, sections)
		case "placed":
			n.placed()
		case "settled":
			next = n.settle(unplaced, sections)
		default:
			next, err = n.receive(name, []byte(event))
		}
		got := names[next]
		if err != nil {
			got = "error"
		}
		require.Equal(t, strings.TrimSpace(want), got, "after %q in\n%s", event, script)
	}
}

func TestNegotiationOfTheSideThatOffers(t *testing.T) {
	for name, script := range map[string]string{
		"a round": `
			needed: make offer
			ANSWER: take answer
			placed
			settled`,
		"a need during a round makes another afterwards, once": `
			needed: make offer
			needed:
			needed:
			ANSWER: take answer
			settled: make offer
			ANSWER: take answer
			settled:`,
		"the other side asks": `
			NEGOTIATE: make offer
			ANSWER: take answer
			settled:`,
		"the other side asks while an offer is on its way": `
			needed: make offer
			NEGOTIATE:
			ANSWER: take answer
			settled: make offer
			ANSWER: take answer
			settled:`,
		"the other side asks again later": `
			NEGOTIATE: make offer
			ANSWER: take answer
			settled:
			NEGOTIATE: make offer`,
		"an answer that cannot be used does not end it": `
			needed: make offer
			ANSWER: take answer
			settled:
			needed: make offer`,
		"its own transceivers without a section are what offers are for": `
			needed 1: make offer
			ANSWER: take answer
			settled 0:
			needed 1: make offer`,
		"an answer to nothing":           `ANSWER: error`,
		"a second answer":                "needed: make offer\nANSWER: take answer\nsettled:\nANSWER: error",
		"an offer to the side that does": `OFFER: error`,
		"another message":                `BYE: error`,
	} {
		t.Run(name, func(t *testing.T) { play(t, &negotiation{offers: true}, script) })
	}
}

func TestNegotiationOfTheSideThatAnswers(t *testing.T) {
	for name, script := range map[string]string{
		"the other side offers": `
			OFFER: make answer
			placed
			settled:`,
		"it asks, once for all needs": `
			needed: ask
			needed:
			OFFER: make answer
			settled:
			needed: ask`,
		"its request and an offer cross": `
			needed: ask
			OFFER: make answer
			settled:
			OFFER: make answer
			settled:`,
		"what no answer had room for is not asked for again": `
			needed 1: ask
			OFFER: make answer
			settled 1:
			needed 1:
			needed 2: ask
			OFFER: make answer
			settled 2:
			needed 2:
			OFFER: make answer
			settled 0:
			needed 1: ask`,
		"what the other side has added itself is asked for again": `
			needed 1 of 1: ask
			OFFER: make answer
			settled 1 of 2: ask
			OFFER: make answer
			settled 1 of 2:`,
		"an answer to the side that answers": `ANSWER: error`,
		"a request to the side that answers": `NEGOTIATE: error`,
	} {
		t.Run(name, func(t *testing.T) { play(t, &negotiation{}, script) })
	}
}

func TestCandidatesWaitForTheDescription(t *testing.T) {
	for _, offers := range []bool{true, false} {
		n := &negotiation{offers: offers}
		play(t, n, `
			CANDIDATE one:
			CANDIDATE two:`)
		require.Equal(t, [][]byte{[]byte("CANDIDATE one"), []byte("CANDIDATE two")}, n.placed())
		require.Empty(t, n.placed(), "none is added twice")
		play(t, n, `CANDIDATE three: add`)
	}
}

func TestCandidatesAreBounded(t *testing.T) {
	n := &negotiation{}
	for i := range maxCandidates + 10 {
		next, err := n.receive("CANDIDATE", nil)
		require.NoError(t, err)
		if i < maxCandidates {
			require.Equal(t, nothing, next)
		} else {
			require.Equal(t, dropCandidate, next)
		}
	}
	require.Len(t, n.placed(), maxCandidates)

	added := 0
	for range maxCandidates + 10 {
		next, err := n.receive("CANDIDATE", nil)
		require.NoError(t, err)
		if next == addCandidate {
			added++
		}
	}
	require.Equal(t, maxCandidates, added)
	n.placed()
	play(t, n, `CANDIDATE of a new description: add`)
}

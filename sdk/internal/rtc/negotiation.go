package rtc

import (
	"errors"

	"github.com/sebas642/intercessor/protocol"
)

// maxCandidates bounds the candidates of one description: those that wait for it
// as well as those that come after it. Each costs ICE a check with every local one.
const maxCandidates = 256

// negotiation decides what to do next to agree with the other peer. It is a state
// machine without any input or output: Peer carries out what it says.
type negotiation struct {
	offers bool // static: this peer makes the offers

	// outstanding says that an offer of this peer has no answer yet; for a peer
	// that does not offer, that a NEGOTIATE of it has brought no offer yet.
	outstanding bool

	// again says that something changed since, which the next round must carry.
	again bool

	// unplaced is how many transceivers the last answer had no section for.
	unplaced int

	described bool     // the other peer's description is in place
	waiting   [][]byte // candidates that came before it
	added     int      // candidates that came after it
}

// step is one thing to do.
type step uint8

const (
	nothing       step = iota
	makeOffer          // describe this side and send OFFER
	askForOffer        // send NEGOTIATE
	makeAnswer         // put the OFFER in place, describe this side and send ANSWER
	takeAnswer         // put the ANSWER in place
	addCandidate       // hand the CANDIDATE to ICE
	dropCandidate      // there are too many
)

// needed notes that the connection has changed in a way that the peers must agree
// on. unplaced is how many of its transceivers no description has a section for.
func (n *negotiation) needed(unplaced int) step {
	if n.outstanding {
		// A round is under way. An asked-for offer is going to carry the change; an
		// offer that was made may lack it.
		n.again = n.offers
		return nothing
	}
	if n.offers {
		n.outstanding = true
		return makeOffer
	}
	// An answer cannot add sections to the offer, so a transceiver that the offer
	// had no room for is left over after each round. Asking again for what the last
	// round already left would never end.
	if unplaced > 0 && unplaced <= n.unplaced {
		return nothing
	}
	n.outstanding = true
	return askForOffer
}

// received takes a message of the other peer.
func (n *negotiation) received(typ string, message []byte) (step, error) {
	switch typ {
	case protocol.TypeOffer:
		if n.offers {
			return nothing, errors.New("this side makes the offers")
		}
		n.outstanding = false
		return makeAnswer, nil
	case protocol.TypeAnswer:
		if !n.offers || !n.outstanding {
			return nothing, errors.New("there was no offer to answer")
		}
		return takeAnswer, nil
	case protocol.TypeNegotiate:
		if !n.offers {
			return nothing, errors.New("the other side makes the offers")
		}
		return n.needed(0), nil
	case protocol.TypeCandidate:
		switch {
		case !n.described && len(n.waiting) < maxCandidates:
			n.waiting = append(n.waiting, message)
			return nothing, nil
		case n.described && n.added < maxCandidates:
			n.added++
			return addCandidate, nil
		}
		return dropCandidate, nil
	}
	return nothing, errors.New("it is not a message of a negotiation")
}

// placed notes that the other peer's description is in place, and returns the
// candidates that waited for it.
func (n *negotiation) placed() [][]byte {
	n.described, n.added = true, 0
	waiting := n.waiting
	n.waiting = nil
	return waiting
}

// settled notes that a round is over, well or not: both descriptions are in place,
// or one cannot be used. unplaced is as for needed.
func (n *negotiation) settled(unplaced int) step {
	n.unplaced = unplaced
	if n.offers {
		n.outstanding = false
	}
	if !n.again {
		return nothing
	}
	n.again = false
	return n.needed(unplaced)
}

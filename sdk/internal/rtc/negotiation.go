package rtc

import (
	"errors"

	"github.com/sebas642/intercessor/protocol"
)

// maxCandidates bounds the candidates of one description, both before and after it is in
// place. Each costs ICE a check against every local candidate.
const maxCandidates = 256

// negotiation decides the next step of the negotiation with the other peer. It is a state
// machine without I/O; Peer carries out the steps.
type negotiation struct {
	offers bool // static: this peer makes the offers

	// outstanding: this peer's offer has no answer yet, or, for a peer that does not
	// offer, its NEGOTIATE has brought no offer yet.
	outstanding bool

	// again: something changed since, so another round must follow.
	again bool

	// unplaced is the number of transceivers without a section in the last answer, and asked
	// is for how many sections NEGOTIATE has asked.
	unplaced, asked int

	described bool     // the other peer's description is in place
	waiting   [][]byte // candidates received before it
	added     int      // number of candidates received after it
}

// step is an action for Peer.
type step uint8

const (
	nothing       step = iota
	makeOffer          // describe this side and send OFFER
	askForOffer        // send NEGOTIATE
	makeAnswer         // put the OFFER in place, describe this side and send ANSWER
	takeAnswer         // put the ANSWER in place
	addCandidate       // give the CANDIDATE to ICE
	dropCandidate      // there are too many
)

// need notes that a change of the connection needs a negotiation. unplaced is the number of
// transceivers without a section in any description, sections that of all transceivers.
func (n *negotiation) need(unplaced, sections int) step {
	if n.outstanding {
		// A round is under way. An offer that this peer has asked for will carry the
		// change. An offer that it has made may lack it.
		n.again = n.offers
		return nothing
	}
	if n.offers {
		n.outstanding = true
		return makeOffer
	}
	// An answer cannot add sections. A client whose link is of version 1 adds none when it is
	// asked, so asking again for what the last round left would never end.
	if unplaced > 0 && unplaced <= n.unplaced && sections <= n.asked {
		return nothing
	}
	n.asked = max(n.asked, sections)
	n.outstanding = true
	return askForOffer
}

// receive handles a message of the other peer.
func (n *negotiation) receive(typ string, message []byte) (step, error) {
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
		return n.need(0, 0), nil
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

// placed notes that the other peer's description is in place, and returns the candidates
// received before it.
func (n *negotiation) placed() [][]byte {
	n.described, n.added = true, 0
	waiting := n.waiting
	n.waiting = nil
	return waiting
}

// settle notes that a round has ended: both descriptions are in place, or one cannot be
// used. unplaced and sections are as for need.
func (n *negotiation) settle(unplaced, sections int) step {
	n.unplaced = unplaced
	if n.offers {
		n.outstanding = false
	}
	taken := !n.offers && unplaced > 0 && sections > n.asked // by what the client has added itself
	if !n.again && !taken {
		return nothing
	}
	n.again = false
	return n.need(unplaced, sections)
}

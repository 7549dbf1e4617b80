package link

// claim is the memory that a received message holds until the application takes it.
type claim struct {
	from  source
	bytes int
}

type source uint8

const (
	ofLink   source = iota // minWindow of cost that each link has beside the budget
	ofFrames               // Budget.frames
	ofParts                // Budget.parts
	ofTurn                 // Budget.turn
)

// claimFrame claims memory for a frame of stream Data that is a whole message. A
// link has a window of minWindow to itself, which always holds one frame: other
// links cannot take it (L6).
func (l *Link) claimFrame(i *incoming, cost int) (c claim, ok bool) {
	switch {
	case i.own+cost <= minWindow:
		i.own += cost
		return claim{ofLink, cost}, true
	case l.config.Budget.frames.reserve(cost):
		return claim{ofFrames, cost}, true
	}
	return claim{}, false
}

// claimParts claims memory for size bytes of the message that is put together. If
// the shared memory has no more for it, it takes the turn, which has memory for the
// rest (L7).
func (l *Link) claimParts(now Time, i *incoming, size int) bool {
	b := l.config.Budget
	switch {
	case i.claim.from == ofTurn:
	case b.parts.grow(i.claim.bytes, size):
		i.claim = claim{ofParts, size}
	case b.takeTurn(i.of):
		l.release(i, i.claim)
		i.claim, i.turnAt = claim{from: ofTurn}, now
	default:
		return false
	}
	return true
}

// finishParts gives the turn to others, if the message that is whole now fits beside it.
func (l *Link) finishParts(i *incoming) {
	if i.claim.from == ofTurn && l.config.Budget.parts.reserve(i.of) {
		l.release(i, i.claim)
		i.claim = claim{ofParts, i.of}
	}
}

// release gives memory back.
func (l *Link) release(i *incoming, c claim) {
	switch b := l.config.Budget; c.from {
	case ofLink:
		i.own -= c.bytes
	case ofFrames:
		b.frames.release(c.bytes)
	case ofParts:
		b.parts.release(c.bytes)
	case ofTurn:
		b.turn.Store(0)
	}
}

package link

// claim is the memory that a received message holds until the application takes it.
type claim struct {
	from  source
	bytes int
}

type source uint8

const (
	ofLink      source = iota // minWindow of cost that each link has outside the budget
	ofLinkParts               // ownParts, the same for messages in parts
	ofFrames                  // Budget.frames
	ofShared                  // Budget.short or Budget.long
)

// ownParts is how much each sequence of a link can hold of messages in parts outside the
// budget. So other links never delay a message of that length.
const ownParts = 128 << 10

// claimFrame claims memory for a frame of sequence Data that is a whole message. Each
// link has minWindow that other links cannot use, enough for one frame (L6).
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

// claimParts claims memory for size bytes of the unfinished message. A message that does
// not fit into the link's own memory reserves its whole length in the shared memory (L7).
// While it waits for that, it holds nothing that others need.
func (l *Link) claimParts(now Time, i *incoming, size int) bool {
	switch {
	case i.shares():
		return true
	case size <= i.ownLeft():
		i.ownParts += size - i.claim.bytes
		i.claim = claim{ofLinkParts, size}
		l.leaveQueue(i)
		return true
	}
	return l.claimShared(now, i)
}

// claimShared reserves shared memory for the unfinished message. A message of which
// nothing is received yet does not wait: the link's own memory is free again when the
// application takes what came before.
func (l *Link) claimShared(now Time, i *incoming) (ok bool) {
	if i.place, ok = l.config.Budget.queueFor(i.of).reserve(i.of, i.place, len(i.buf) > 0); !ok {
		return false
	}
	l.release(i, i.claim)
	i.claim = claim{ofShared, i.of}
	i.startPace(now)
	return true
}

// leaveQueue gives up the place of a message that no longer waits.
func (l *Link) leaveQueue(i *incoming) {
	if i.place != 0 {
		l.config.Budget.queueFor(i.of).leave(i.place)
		i.place = 0
	}
}

// ownLeft returns how much of the link's own memory the unfinished message may use.
func (i *incoming) ownLeft() int {
	if i.shares() {
		return 0
	}
	return ownParts - i.ownParts + i.claim.bytes
}

// shares reports whether the unfinished message holds memory that others need.
func (i *incoming) shares() bool { return i.claim.from == ofShared }

// release gives memory back.
func (l *Link) release(i *incoming, c claim) {
	switch b := l.config.Budget; c.from {
	case ofLink:
		i.own -= c.bytes
	case ofLinkParts:
		i.ownParts -= c.bytes
	case ofFrames:
		b.frames.release(c.bytes)
	case ofShared:
		b.queueFor(c.bytes).release(c.bytes)
	}
}

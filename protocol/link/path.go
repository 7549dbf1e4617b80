package link

// Path is one of the two ways on which a link travels (W1). A sender picks its own.
type Path uint8

const (
	// Relay is the path through the relay, by which the two sides meet.
	Relay Path = iota

	// Direct is a data channel between the two sides. This side sends on it while it is up.
	Direct
)

// Version is the latest version of what two links say to each other (W3). A peer from before
// paths says nothing of it, which is version 1.
const Version = 2

// Policy says which paths the application's messages may take (W8). The stricter one of the
// two sides counts.
type Policy uint8

const (
	// Auto is every path.
	Auto Policy = iota

	// RelayOnly: the link stays on the relay.
	RelayOnly

	// DirectOnly: messages of sequence Data wait until there is a direct path.
	DirectOnly
)

// PathUp says that there is a path to the other side: the first, one after a time without
// it, or a new one of the same kind. It counts as a doubt (L8) if this side sends on it.
// [Direct] must not be up unless Version is 2 and Policy is not RelayOnly.
func (l *Link) PathUp(now Time, p Path) {
	if p == Relay && !l.openDue { // the first path is no interruption
		l.interrupted()
	}
	for s := range l.in {
		if i := &l.in[s]; !l.up[Relay] && !l.up[Direct] || p == Direct && l.waits(i) {
			i.partAt = max(i.partAt, now) // its clock stops without a path
		}
	}
	l.up[p] = true
	switch {
	case p == Direct, !l.up[Direct]:
		l.current = p
		l.doubt()
		l.streams.room()
	default:
		l.knockDue = l.phase == open || l.phase == done
	}
}

// PathDown says that there is no such path any more. What was sent on it may be lost, so
// that it counts as a doubt if the other path is there. Next returns nothing for a path that
// is down.
func (l *Link) PathDown(now Time, p Path) {
	if !l.up[p] {
		return
	}
	l.up[p] = false
	if p == Relay {
		l.interrupted()
	}
	if p == l.current && l.up[1-p] {
		l.current = 1 - p
		l.doubt()
	}
}

// Current returns the path that this side sends on. ok is false if there is none.
func (l *Link) Current() (p Path, ok bool) { return l.current, l.up[l.current] }

// back returns the path on which acknowledgements go: that of the other side's frames, which
// may have found out before this side that the other path is dead (W2).
func (l *Link) back() Path {
	if l.up[l.heard] {
		return l.heard
	}
	return l.current
}

// Has reports whether there is such a path.
func (l *Link) Has(p Path) bool { return l.up[p] }

// RoundTrip returns the smoothed round trip of a path, as probes found it; 0 if none did.
func (l *Link) RoundTrip(p Path) Time { return l.probe.trips[p].smoothed }

// Version returns the version of the protocol between the two sides: 0 until the link is
// open, then 1 or more.
func (l *Link) Version() uint64 { return l.version }

// Policy returns which paths may be used.
func (l *Link) Policy() Policy { return l.policy }

// barred reports whether frames of a sequence may not take a path (W8, S8).
func (l *Link) barred(s int, p Path) bool {
	return p == Relay && (s == Streams && l.config.NoStreams || s != Signalling && l.policy == DirectOnly)
}

// RelaySuffices reports whether everything may take the relay.
func (l *Link) RelaySuffices() bool { return l.policy != DirectOnly && !l.config.NoStreams }

// StreamsNeedDirect reports whether byte streams wait for the direct path, because the relay
// carries none.
func (l *Link) StreamsNeedDirect() bool {
	return l.config.NoStreams && !l.up[Direct] && l.version > 1
}

// agree applies what the other side said of its version and policy in LINK_OPEN or
// LINK_OPENED: the lower version, the stricter policy (W3).
func (l *Link) agree(version uint64, policy Policy) {
	l.version = min(max(version, 1), Version)
	l.policy = max(policy, l.config.Policy)
	if other := min(policy, l.config.Policy); other != Auto && other != l.policy || l.policy == DirectOnly && l.version < 2 {
		l.fail(WhyPolicy)
	}
}

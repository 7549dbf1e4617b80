package rtc

import "io"

// linkLabel and linkID name the channel of the link. Both sides create it as they do the
// beacon, and the Peer itself sends nothing on it.
const (
	linkLabel = "intercessor-link"
	linkID    = 253
)

// LinkListener hears of the channel of the link, and of the path below it. Its methods may be
// called at the same time, and must not wait.
type LinkListener interface {
	// LinkMessage takes a message, which it may keep.
	LinkMessage(data []byte, text bool)

	// LinkNews takes what has happened.
	LinkNews(news LinkNews)
}

// LinkNews is something that happens to the channel of the link.
type LinkNews uint8

const (
	LinkOpen         LinkNews = iota
	LinkLow                   // no more than 256 KiB have not left
	LinkDisconnected          // ICE hears nothing from the other peer, and may again
	LinkBegun                 // the platform's connection was made; once
	LinkAgreed                // both descriptions are in place
	LinkPair                  // ICE has selected another pair
	LinkOver                  // the direct path is over; once
)

// SendLink sends a message on the channel of the link. It does not wait, so look at
// LinkBuffered first. data is the caller's again when it returns.
func (p *Peer) SendLink(data []byte, text bool) error {
	if pc := p.present(); pc != nil {
		return pc.sendLink(data, text)
	}
	return io.ErrClosedPipe
}

// LinkBuffered returns how many bytes were sent on the channel of the link and have not
// left.
func (p *Peer) LinkBuffered() int {
	if pc := p.present(); pc != nil {
		return pc.link.buffered()
	}
	return 0
}

// Connect begins to look for the direct path, and does not wait for it.
func (p *Peer) Connect() {
	if p.present() == nil {
		p.onNeeded()
	}
}

// Restart negotiates a connection again, with other candidates, if this side offers.
func (p *Peer) Restart() {
	p.restart.Store(true)
	p.onNeeded()
}

// GiveUp ends the direct path because it does not come about, or not again, and tells the
// other peer.
func (p *Peer) GiveUp() {
	p.mu.Lock()
	pc, described, found := p.pc, p.described, len(p.candidates.local) > 0
	p.mu.Unlock()
	cause := CauseNoPath
	switch {
	case !described:
		cause = CauseNoAnswer
	case pc != nil && !found:
		cause = pc.withoutCandidates()
	}
	p.onFailed(cause)
}

// Replace ends the direct path because another takes its place.
func (p *Peer) Replace() {
	p.fail(ErrReplaced)
}

// IsOver reports whether the direct path has failed or ended.
func (p *Peer) IsOver() bool { return p.reason() != nil }

// tellLink tells the link what has happened.
func (p *Peer) tellLink(news LinkNews) {
	if p.options.Link != nil {
		p.options.Link.LinkNews(news)
	}
}

// present returns the connection, if there is one.
func (p *Peer) present() *peerConn {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.pc
}

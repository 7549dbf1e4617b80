package link

import "github.com/sebas642/intercessor/protocol"

// Door stands between what comes from one peer and the link with it: it opens
// links, replaces the old by the new, and says which are not known (L1, L2). A
// client's door has one link from the start, a server's has none until its client
// opens one. Like a Link it has no lock.
type Door struct {
	config Config
	link   *Link
	nonce  ID // the link's

	// A server's offers: LINK_OPENED was sent, nothing has come yet. An old
	// LINK_OPEN from a slower path must not push out the one that the client goes
	// on with, so the last few are kept; a flood of them pushes out itself.
	offers [4]offer
	oldest int

	resets  bool // LINK_RESET was sent, last at resetAt
	resetAt Time

	past    ID     // a link that an earlier door gave up
	pastWhy string // and why
}

type offer struct {
	nonce, id ID
	g         [2]uint64
}

// Entry says what a message did.
type Entry struct {
	// Link is the link that has taken the message, if any. Its effects and frames
	// are to be looked at.
	Link *Link

	// Opened says that Link is new: a server accepts it.
	Opened bool

	// Replaced is the link whose place it has taken, if any. It ended as Restarted,
	// unless it had ended before.
	Replaced *Link

	// Reply is to be sent to the peer at once, if HasReply: LINK_OPENED or
	// LINK_RESET.
	Reply    Frame
	HasReply bool
}

// NewDoor returns the door for one peer. A client's link stands behind it: see
// [Door.Link]; the link begins when it is told of a path.
func NewDoor(config Config) *Door {
	d := &Door{config: config.withDefaults()}
	if config.Client {
		d.link = New(d.config)
	}
	return d
}

// Link returns the link that is the current one, nil if there is none.
func (d *Door) Link() *Link { return d.link }

// Remember says that an earlier door of this peer had this link and gave it up, so that
// LINK_RESET can say why.
func (d *Door) Remember(id ID, why string) { d.past, d.pastWhy = id, why }

// Receive takes a message of the peer that has a header. The path that it came
// from is taken as a path for a new link. What Link.Receive says of message and
// the others holds here.
func (d *Door) Receive(now Time, typ, message []byte, h *Header) Entry {
	switch {
	case string(typ) == protocol.TypeLinkOpen:
		return d.open(h)
	case string(typ) == protocol.TypeLinkOpened:
		if !d.config.Client {
			return Entry{}
		}
	case h.ID == (ID{}):
		return d.Malformed(now)
	case d.link != nil && d.link.phase != dead && h.ID == d.link.id:
	case string(typ) == protocol.TypeLinkReset:
		return Entry{}
	default:
		return d.unknown(now, typ, message, h)
	}
	d.link.Receive(now, typ, message, h)
	return Entry{Link: d.link}
}

// Malformed says that a message of the peer had a header that ParseHeader does not
// take. It ends the link (L11), because a message that cannot be read may be one
// that it needs.
func (d *Door) Malformed(now Time) Entry {
	if d.link == nil || d.link.phase == dead {
		return Entry{}
	}
	if d.link.phase == open {
		d.link.fail(WhyHeader)
	}
	return Entry{Link: d.link}
}

// open answers LINK_OPEN: the same nonce gets the same ID.
func (d *Door) open(h *Header) Entry {
	if d.config.Client || h.Nonce == (ID{}) || !h.fits(protocol.TypeLinkOpen) {
		return Entry{}
	}
	var id ID
	if d.link != nil && h.Nonce == d.nonce {
		id = d.link.id
	}
	for _, o := range d.offers {
		if o.nonce == h.Nonce {
			id = o.id
		}
	}
	if id == (ID{}) {
		id = d.config.Draw()
		d.offers[d.oldest] = offer{h.Nonce, id, h.G}
		d.oldest = (d.oldest + 1) % len(d.offers)
	}
	e := Entry{HasReply: true}
	e.Reply.Type = protocol.TypeLinkOpened
	e.Reply.Header = Header{ID: id, Nonce: h.Nonce}
	for s, window := range d.config.Window {
		e.Reply.Header.G[s] = uint64(window)
	}
	return e
}

// unknown takes a message of a link that is not the current one: the first of a
// link that was offered makes it the current one, another is answered (L1, L2).
func (d *Door) unknown(now Time, typ, message []byte, h *Header) (e Entry) {
	for i, o := range d.offers {
		if o.id != h.ID {
			continue
		}
		d.offers[i] = offer{} // no ID gives two links
		if e.Replaced = d.link; d.link != nil {
			d.link.kill(End{How: Restarted})
		}
		d.link, d.nonce = newServer(d.config, o.id, o.g), o.nonce
		d.link.PathUp(now)
		d.link.Receive(now, typ, message, h)
		e.Link, e.Opened = d.link, true
		return e
	}
	if d.resets && now-d.resetAt < Second {
		return e
	}
	d.resets, d.resetAt = true, now
	e.Reply.Type = protocol.TypeLinkReset
	e.Reply.Header.ID = h.ID
	switch {
	case d.link != nil && h.ID == d.link.id:
		e.Reply.Header.Why = d.link.ending.gaveUp
	case h.ID == d.past:
		e.Reply.Header.Why = d.pastWhy
	}
	e.HasReply = true
	return e
}

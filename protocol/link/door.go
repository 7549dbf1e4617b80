package link

import "github.com/sebas642/intercessor/protocol"

// Door passes the messages of one peer to the link with it. It opens links, replaces an
// old link by a new one, and answers messages of unknown links (L1, L2). A client's door
// has one link from the start, a server's none until its client opens one. Like a Link
// it has no lock.
type Door struct {
	config Config
	link   *Link
	nonce  ID // the link's

	// A server's offers: LINK_OPENED was sent, and nothing has come yet. An old LINK_OPEN
	// from a slower path must not replace the one that the client continues with, so the
	// last few are kept. A flood replaces only its own offers.
	offers [4]offer
	oldest int

	resets  bool // LINK_RESET was sent, last at resetAt
	resetAt Time

	early   offer  // of the link that early frames made; zero: none did (L14)
	past    Past   // what an earlier door gave up
	pastWhy string // the reason
}

// Past is what a server remembers of a client that was away for too long.
type Past struct {
	link  ID
	early offer
}

type offer struct {
	nonce, id ID
	g         [2]uint64
	version   uint64
	policy    Policy
	early     bool // early frames are for this program, and the client does not use the ID yet (L14)
}

// Entry is the result of a message.
type Entry struct {
	// Link is the link that got the message, if any. The driver must handle its effects
	// and frames.
	Link *Link

	// Opened says that Link is new, and a server must accept it.
	Opened bool

	// Replaced is the link that Link replaces, if any. It ended as Restarted, unless it
	// had ended before.
	Replaced *Link

	// Reply, if HasReply, must be sent to the peer at once: LINK_OPENED or LINK_RESET.
	Reply    Frame
	HasReply bool
}

// NewDoor returns the door for one peer. For a client [Door.Link] is its link, which
// starts when it has a path.
func NewDoor(config Config) *Door {
	d := &Door{config: config.withDefaults()}
	if config.Client {
		d.link = New(d.config)
	}
	return d
}

// Link returns the current link, nil if there is none.
func (d *Door) Link() *Link { return d.link }

// Past returns what a later door of this peer must remember. ok is false if there never
// was a link.
func (d *Door) Past() (p Past, ok bool) {
	if d.link == nil {
		return d.past, d.past != Past{}
	}
	return Past{d.link.id, d.early}, true
}

// Remember records what an earlier door of this peer gave up, so that LINK_RESET can say
// why, and no early frames are taken again.
func (d *Door) Remember(p Past, why string) { d.past, d.pastWhy, d.early = p, why, p.early }

// CarryStreams says whether the relay carries byte streams: see Config.NoStreams.
func (d *Door) CarryStreams(carried bool) {
	d.config.NoStreams = !carried
	if d.link != nil {
		d.link.config.NoStreams = !carried
		d.link.streams.room()
	}
}

// Receive handles a message of the peer that has a header and came over the relay, where a
// new link begins. The arguments are those of [Link.Receive].
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
	case d.link != nil && d.link.phase != dead && d.link.id == d.early.id && h.ID == d.early.nonce && !ofLinkItself(typ):
	case string(typ) == protocol.TypeLinkReset:
		return Entry{}
	default:
		return d.unknown(now, typ, message, h)
	}
	d.link.Receive(now, Relay, typ, message, h)
	if d.early.early && h.ID == d.early.id && d.link.id == h.ID {
		d.early.early = false
		d.link.met()
	}
	return Entry{Link: d.link}
}

// Malformed handles a message whose header ParseHeader refused. It ends the link (L11),
// because the message may be one that the link needs.
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
	current := d.link != nil && h.Nonce == d.nonce
	mine := h.HasTo && d.config.Mine != nil && d.config.Mine(h.To)
	var id ID
	switch {
	case current:
		id = d.link.id
	case h.Nonce == d.early.nonce:
		id = d.early.id
	}
	for _, o := range d.offers {
		if o.nonce == h.Nonce {
			id = o.id
		}
	}
	if id == (ID{}) {
		id = d.config.Draw()
		d.offers[d.oldest] = offer{h.Nonce, id, h.G, h.Version, h.Policy, mine}
		d.oldest = (d.oldest + 1) % len(d.offers)
	}
	e := Entry{HasReply: true}
	e.Reply.Type = protocol.TypeLinkOpened
	e.Reply.Header = Header{ID: id, Nonce: h.Nonce, Version: Version, Policy: d.config.Policy, Mine: mine}
	if mine && current {
		for s := range d.link.in {
			e.Reply.Header.R[s], e.Reply.Header.T[s] = d.link.in[s].r, d.link.in[s].t
		}
	}
	for s, window := range d.config.Window {
		e.Reply.Header.G[s] = uint64(window)
	}
	return e
}

// unknown handles a message of a link that is not the current one. The first message of
// an offered link makes that link the current one; an early frame does so only if there
// never was another (L14). Any other is answered with LINK_RESET (L1, L2).
func (d *Door) unknown(now Time, typ, message []byte, h *Header) (e Entry) {
	for i, o := range d.offers {
		switch {
		case o.id == h.ID:
		case o.nonce != h.ID || ofLinkItself(typ):
			continue
		case !o.early || d.link != nil || max(o.policy, d.config.Policy) == DirectOnly:
			return e // the client sends it again when the link is open
		default:
			d.early = o
		}
		d.offers[i] = offer{} // an ID makes only one link
		if e.Replaced = d.link; d.link != nil {
			d.link.kill(End{How: Restarted})
		}
		d.link, d.nonce = newServer(d.config, o), o.nonce
		d.link.PathUp(now, Relay)
		d.link.Receive(now, Relay, typ, message, h)
		e.Link, e.Opened = d.link, true
		return e
	}
	if d.config.Client && d.link.saidEarly() {
		return e // it may be of the link that this client has made, whose ID it does not know yet
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
	case h.ID == d.past.link:
		e.Reply.Header.Why = d.pastWhy
	}
	e.HasReply = true
	return e
}

// ofLinkItself reports whether messages of a type are the link's own, and not frames.
func ofLinkItself(typ []byte) bool { return len(typ) >= 5 && string(typ[:5]) == "LINK_" }

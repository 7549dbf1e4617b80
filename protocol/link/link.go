package link

import "github.com/sebas642/intercessor/protocol"

// Link is one side of a link. The package documentation explains how to drive it. It has
// no lock: callers must hold one of their own.
type Link struct {
	config  Config
	id      ID
	phase   phase
	up      [2]bool // the paths that there are
	current Path    // the path that this side sends on, if it is up
	heard   Path    // the path on which the other side's last numbered frame came
	effects Effects
	out     [2]outgoing
	in      [2]incoming
	streams streams
	turn    int // the sequence that may send next, Data or Streams

	unsure bool // frames went out early, and then there was an interruption (L14)
	quiet  bool // no more frames go out early

	version uint64 // of the protocol between the two sides (W3): 0 before the link is open
	policy  Policy // the stricter of the two

	// What Next must send beside frames, on one path each or on the current one.
	openDue   bool
	askDue    bool
	answerDue [2]bool
	endDue    [2]bool
	endedDue  [2]bool
	ackDue    bool
	knockDue  bool // an acknowledgement over the relay, though another path is the current one (W3)

	// What the next acknowledgement covers.
	ackSince     Time // since when something is unacknowledged, if a sequence is dirty
	received     int  // frames
	receivedCost int
	taken        int // messages

	probe  probe
	ending ending
	how    How  // the link has ended, once phase is done
	pollAt Time // when to check the budget for space again; 0 means never
}

type phase uint8

const (
	opening phase = iota + 1 // a client's, until LINK_OPENED
	open
	done // ended for the application, still answers
	dead // sends nothing more
)

// New returns a client's link, which opens when it has a path. A server gets its links
// from a [Door].
func New(config Config) *Link {
	l := newLink(config)
	l.phase = opening
	l.openDue = true
	return l
}

// newServer returns a server's link, which a client has asked for with o.
func newServer(config Config, o offer) *Link {
	l := newLink(config)
	l.phase = open
	l.id = o.id
	l.out[Signalling].g, l.out[Data].g = o.g[Signalling], o.g[Data]
	l.agree(o.version, o.policy)
	return l
}

func newLink(config Config) *Link {
	l := &Link{config: config.withDefaults()}
	l.turn = Data
	l.streams.init(l)
	for s := range l.out {
		l.out[s].next = 1
		l.out[s].hold = l.config.Hold[s]
		l.in[s].window = l.config.Window[s]
		l.in[s].g = uint64(l.config.Window[s])
	}
	return l
}

// ID returns the ID of the link; the zero ID before it is open.
func (l *Link) ID() ID { return l.id }

// Effects returns the effects of events since the caller last reset them. The caller must
// handle and reset them after each call of the link.
func (l *Link) Effects() *Effects { return &l.effects }

// Over reports whether the link needs nothing more: it has ended, and the other side
// knows or cannot know. A link that is over still answers.
func (l *Link) Over() bool {
	return l.phase == dead || l.phase == done && (!l.ending.here || l.ending.known)
}

// Dead reports whether the link sends nothing more, and does not answer. Nor may the driver
// answer for it on the direct path: the other side asks over the relay then, and hears LINK_RESET.
func (l *Link) Dead() bool { return l.phase == dead }

// SetInFlight changes how much may be unacknowledged on a path: see Config.InFlight.
func (l *Link) SetInFlight(p Path, bytes int) { l.config.InFlight[p] = bytes }

// SetWindow changes how much the other side may send ahead in a sequence: see
// Config.Window. What was granted stays granted.
func (l *Link) SetWindow(now Time, sequence, bytes int) {
	l.in[sequence].window = min(max(bytes, minWindow), maxWindow)
	l.regrant(now, sequence)
}

// Receive handles a message of the other side, with its header, that came over a path. The
// caller has matched it to this link, by its ID or, for LINK_OPENED, by its nonce: see
// [Door]. The link keeps message, which must not change any more and should not be part of
// a larger slice. typ and h may be reused.
func (l *Link) Receive(now Time, p Path, typ, message []byte, h *Header) {
	if l.phase == dead {
		return
	}
	if l.phase == opening {
		if string(typ) == protocol.TypeLinkOpened && h.fits(protocol.TypeLinkOpened) {
			l.opened(now, h)
		}
		return
	}
	switch string(typ) {
	case protocol.TypeLinkOpened, protocol.TypeLinkOpen:
		return // a repetition
	}
	if !h.fits(string(typ)) {
		l.fail(WhyField)
		return
	}
	if string(typ) == protocol.TypeLinkReset {
		l.lost(h.Why)
		return
	}
	if !l.acknowledged(now, h) {
		return
	}
	if h.N != [3]uint64{} {
		l.heard = p
	}
	switch {
	case string(typ) == protocol.TypeLinkAck:
		l.ackReceived(now, p, h)
	case string(typ) == protocol.TypeLinkEnd:
		l.endReceived(h)
	case string(typ) == protocol.TypeLinkStream && l.version > 1:
		if body, ok := parseBody(message); l.phase == open && ok {
			l.receiveStream(now, h.N[Streams], body)
		} else {
			l.fail(WhyStream)
		}
	case ofLinkItself(typ):
		// A type of a later version.
	case l.phase == open:
		l.frameReceived(now, typ, message, h)
	}
	l.settle()
}

// opened makes the link open when the server has answered. The probe that follows tells
// the server that the client uses this link (L1).
func (l *Link) opened(now Time, h *Header) {
	if h.Nonce != l.config.Nonce || h.ID == (ID{}) {
		return
	}
	if l.unsure && !h.Mine { // another program may have taken the early frames
		l.lost("")
		return
	}
	l.id = h.ID
	l.phase = open
	for s, o := range l.sendings() {
		o.since = now
		if s != Streams {
			l.out[s].g = h.G[s]
		}
	}
	l.openDue = false
	l.probe = probe{}
	l.askDue = true
	l.effects.Opened = true
	l.streams.room()
	if l.agree(h.Version, h.Policy); l.acknowledged(now, h) {
		l.settle()
	}
}

// interrupted says, before the link is open, that what was sent may be lost. Nothing more
// goes out early: it would come after a gap. From now on only the program that may have
// taken early frames can open the link (L14).
func (l *Link) interrupted() {
	if l.phase != opening {
		return
	}
	l.quiet = true
	l.unsure = l.saidEarly()
}

// saidEarly reports whether frames went out early, and the link is not open yet.
func (l *Link) saidEarly() bool {
	return l.phase == opening && l.out[Signalling].made+l.out[Data].made > 0
}

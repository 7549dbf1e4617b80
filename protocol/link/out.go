package link

import "github.com/sebas642/intercessor/protocol"

// sending is what every sequence has in which this side sends.
type sending struct {
	made   uint64 // number of the last frame that was cut
	next   uint64 // number of the frame that a path gets next: r+1 to made+1
	r      uint64 // the other side has received up to this frame
	flight int    // the cost of frames r+1 to next-1

	starving bool   // the next frame costs more than what is left of the grant
	probed   uint64 // made at the time of the last probe
	since    Time   // since when nothing was acknowledged
}

// sendings returns what the sequences have in common.
func (l *Link) sendings() [3]*sending {
	return [...]*sending{&l.out[Signalling].sending, &l.out[Data].sending, &l.streams.sending}
}

// outgoing is what this side sends in a sequence of messages. A frame is cut from its message
// and numbered when it is given to a path.
type outgoing struct {
	sending

	messages ring[outMessage] // accepted and not settled, in the order of Send
	base     uint64           // how many were settled; the oldest is message base
	uncut    uint64           // the first message that is not completely cut
	frames   ring[outFrame]   // cut and not received: numbers r+1 to made

	t     uint64 // the other application has taken up to this frame
	g     uint64 // the cost that the other side has granted in total (L6)
	spent uint64 // the cost of frames 1 to made
	held  int    // bytes of messages that are accepted and not received
	hold  int    // Send waits unless held is below this

	ready   outFrame // the frame made+1, if its cost is not 0
	waiting bool     // a Send returned ErrFull
}

type outMessage struct {
	typ      string
	data     []byte // nil when the other side has received it
	token    any
	about    *About // of a message of signalling; or nil
	paid     int    // bytes reserved in the budget
	of       int    // len(data), if it goes in parts
	cut      int    // data[:cut] is cut
	received int    // data[:received] has been received
	last     uint64 // number of its last frame, once that is cut
	begun    bool   // a frame was given to a path, so it may have been received
}

// outFrame is what is needed to send a frame again with the same bytes (L8).
type outFrame struct {
	message  uint64 // its place in the order of Send
	from, to int32  // the range of data
	cost     int32
	whole    bool // not a part
	final    bool // the last of its message
}

// maxUnsettled bounds the unsettled messages, whatever the other side grants. A grant of
// 4 MiB allows fewer.
const maxUnsettled = 1 << 16

// full reports whether a message must wait.
func (o *outgoing) full() bool {
	return o.held >= o.hold || o.messages.len() >= maxUnsettled
}

// untaken reports whether the other side may have received a message that it has not taken.
func (o *outgoing) untaken() bool { return o.messages.len() > 0 && o.messages.at(0).begun }

// message returns the message with this place in the order of Send.
func (o *outgoing) message(place uint64) *outMessage { return o.messages.at(int(place - o.base)) }

// prepare sets ready to the frame after the last that was cut. It returns false if there
// is nothing to send, or nothing granted.
func (o *outgoing) prepare(now Time) bool {
	if o.ready.cost == 0 {
		if o.uncut == o.base+uint64(o.messages.len()) {
			return false
		}
		m := o.message(o.uncut)
		o.ready = m.frame(m.cut)
		o.ready.message = o.uncut
	}
	if o.spent+uint64(o.ready.cost) > o.g {
		if !o.starving {
			o.starving, o.since = true, now
		}
		return false
	}
	o.starving = false
	return true
}

// push numbers the ready frame.
func (o *outgoing) push() {
	f := o.ready
	o.ready = outFrame{}
	o.made++
	o.spent += uint64(f.cost)
	m := o.message(f.message)
	m.cut, m.begun = int(f.to), true
	if f.final {
		m.last = o.made
		o.uncut++
	}
	o.frames.push(f)
}

// frame returns the frame that begins at byte from of the message. Its end depends only
// on the message, so it can be cut again (see outgoing.count).
func (m *outMessage) frame(from int) outFrame {
	cost := protocol.FrameCost + len(m.typ)
	if m.of == 0 {
		return outFrame{to: int32(len(m.data)), cost: int32(cost + len(m.data)), whole: true, final: true}
	}
	to, encoded := cutPart(m.data, from)
	return outFrame{from: int32(from), to: int32(to), cost: int32(cost + encoded), final: to == m.of}
}

// count returns the number of the last frame when everything accepted is cut, which is
// the field end of LINK_END (L10).
func (o *outgoing) count() uint64 {
	n := o.made
	for place := o.uncut; place < o.base+uint64(o.messages.len()); place++ {
		m := o.message(place)
		for at, done := m.cut, false; !done; n++ {
			f := m.frame(at)
			at, done = int(f.to), f.final
		}
	}
	return n
}

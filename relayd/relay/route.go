package relay

import (
	"bytes"
	"slices"
	"sync"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/frame"
	"github.com/sebas642/intercessor/relayd/wsconn"
)

// Message routes one message, or returns the *protocol.Error that closes the sender. It
// returns false for more while messages are held back for a slow server.
func (s *session) Message(text []byte) (more bool, err error) {
	b := s.batch
	if b == nil {
		b = batches.Get().(*batch)
		b.began = s.measure()
		s.batch = b
	}
	b.read, b.readBytes = b.read+1, b.readBytes+len(text)
	err = s.route(b, text)
	return s.held == nil, err
}

// route sends a message to its receiver, executes it if it is for the relay, or drops it.
func (s *session) route(b *batch, text []byte) error {
	parse := protocol.ParseEnvelope
	if s.v1 {
		parse = protocol.ParseEnvelopeV1
	}
	envelope, err := parse(text)
	if err != nil {
		return err
	}
	if envelope.From != nil && string(envelope.From) != string(s.id) {
		return wrongSender
	}
	stream := s.v1 && string(envelope.Type) == protocol.TypeLinkStream
	if stream {
		s.streamed += len(text)
	}
	receiver, ok := s.lobby.route(s, envelope.To)
	switch {
	case ok && s.v1 && !receiver.to.v1 && isLinked(envelope): // D6
		s.flush(b)
		s.undelivered(envelope.To, DropBase, 1, toABase)
		return nil
	case ok && stream && s.relay.settings.Load().NoStreams: // D11
		s.flush(b)
		s.undelivered(envelope.To, DropStreams, 1, noStreams)
		return nil
	case ok:
		if why := s.refuses(envelope); why != nil {
			s.flush(b)
			return s.refuse(why, envelope)
		}
		if stream {
			b.streams, b.streamBytes = b.streams+1, b.streamBytes+len(text)
		}
		s.gather(b, receiver, envelope)
		return nil
	}
	s.flush(b)
	if s.v1 && string(envelope.To) == string(protocol.RelayID) && bytes.HasPrefix(envelope.Type, []byte("RELAY_")) {
		s.request(string(envelope.Type), envelope.Message)
	} else {
		s.undelivered(envelope.To, DropAbsent, 1, absent)
	}
	return nil
}

var wrongSender = &protocol.Error{Code: protocol.CodeWrongSender, Reason: `field "from" must be your own ID, as HELLO told it, or be left out`}

func isLinked(e protocol.Envelope) bool {
	return e.Link != nil || bytes.HasPrefix(e.Type, []byte("LINK_"))
}

// gather adds a message to the piece for its receiver. It flushes a piece for another
// receiver and one that is full.
func (s *session) gather(b *batch, receiver route, e protocol.Envelope) {
	if b.to != nil && (b.to != receiver.to || b.frames == s.relay.batchFrames || len(b.out)+len(e.Message)+len(e.Link) > s.relay.batchBytes) {
		s.flush(b)
	}
	if s.held != nil { // keep the order; Message then stops the reading
		s.held, s.heldOf = appendDelivery(s.held, s.id, e.Type, e.Message, e.Link), s.heldOf+1
		s.conn.Keep(cap(s.held))
		return
	}
	if b.to == nil {
		b.to, b.news = receiver.to, receiver.news
	}
	b.out = appendDelivery(b.out, s.id, e.Type, e.Message, e.Link)
	b.frames++
}

// flush sends what gather has collected.
func (s *session) flush(b *batch) {
	if b.to == nil {
		return
	}
	to, out, frames, news := b.to, b.out, b.frames, b.news
	b.to, b.out, b.frames, b.news = nil, out[:0], 0, false
	if s.server {
		s.toClient(to, out, frames, news)
	} else if err := s.toServer(to, out, frames, news); err == wsconn.ErrFull {
		s.held, s.heldOf = slices.Clone(out), frames // a copy of exactly this size
		s.conn.Keep(cap(s.held))
	} else if err != nil {
		s.undelivered([]byte(s.lobby.id), DropAbsent, frames, absent)
	}
}

// toServer sends a client's messages, or fails as Send does.
func (s *session) toServer(to *session, bytes []byte, frames int, news bool) error {
	if s.host != to { // each outbox guards its own shares
		s.host, s.share = to, new(wsconn.Share)
	}
	if news {
		return s.lobby.deliverNews(s, to, bytes, frames)
	}
	return s.lobby.deliver(s, to, bytes, frames)
}

// hold waits for capacity in the server's outbox and sends the messages that are held back.
// Only this client's reads wait. After HoldWithin the messages are dropped (B17, D2).
func (s *session) hold() {
	server := []byte(s.lobby.id)
	switch s.push(s.held, s.heldOf) {
	case nil:
	case wsconn.ErrFull:
		s.undelivered(server, DropServerSlow, s.heldOf, slow)
	default:
		s.undelivered(server, DropAbsent, s.heldOf, absent)
	}
	s.held, s.heldOf = nil, 0
	s.conn.Keep(0)
}

// push sends to the server, behind the presence message about this client. It waits for
// capacity up to HoldWithin, or until this session ends.
func (s *session) push(bytes []byte, frames int) error {
	server, ok := s.lobby.route(s, []byte(s.lobby.id))
	if !ok {
		return wsconn.ErrGone
	}
	s.conn.Pause()
	err := server.to.conn.SendWithin(s.relay.config.HoldWithin, s.conn, func() error {
		return s.toServer(server.to, bytes, frames, true)
	})
	s.carried.Store(s.relay.conns.Now()) // the wait does not count as idle (B55)
	s.conn.Resume()
	return err
}

// toClient sends a server's messages to a client, behind the presence message about the
// server. A server's reads never wait for a client: a client that is too slow is closed
// (B16).
func (s *session) toClient(to *session, bytes []byte, frames int, news bool) {
	err := wsconn.ErrFull
	if !news || s.lobby.tellOfServer(to) {
		err = s.lobby.deliver(s, to, bytes, frames)
	}
	switch err {
	case nil:
	case wsconn.ErrFull:
		to.close(protocol.CodeTooSlow, "the outbox for this client is full: read faster, or send the data over a data channel")
		s.undelivered([]byte(to.id), DropClientSlow, frames, slow)
	default:
		s.undelivered([]byte(to.id), DropAbsent, frames, absent)
	}
}

// A batch holds the messages of one read. Consecutive messages for one receiver leave in one
// piece. A session borrows it for the read, so that an idle peer owns none.
type batch struct {
	out    []byte // frames for one receiver; `to` is nil while there are none
	to     *session
	frames int
	news   bool // the receiver must first be told of the sender

	read, readBytes      int       // messages received, and their bytes
	streams, streamBytes int       // those of byte streams that have a receiver
	began                time.Time // zero if this read is not measured
}

var batches = sync.Pool{New: func() any {
	return &batch{out: make([]byte, 0, frame.MaxHeader+protocol.MaxDelivery)}
}}

// endBatch sends and counts the messages of the read.
func (s *session) endBatch() {
	b := s.batch
	if b == nil {
		return
	}
	s.flush(b)
	s.moved.received(b)
	s.measured(b.began)
	s.batch = nil
	*b = batch{out: b.out}
	batches.Put(b)
}

// A Check decides whether a message may go to another peer (B51). It returns nil if so. part
// means that the message is a part of a longer one (L7). Many goroutines call it at once, and
// each reads no more from its peer until it returns. The arguments are valid only during the
// call.
type Check func(typ, message []byte, part bool) *Objection

// An Objection is the reason why a message may not pass. It goes to the sender and into the
// log, and must not quote the message.
type Objection struct {
	Path    string // a JSON pointer into the operator's schema
	Keyword string
	Close   bool // close the sender
}

// refuses calls Settings.Check, if it is set. The link's own frames are not checked (D10):
// their messages are null.
func (s *session) refuses(e protocol.Envelope) *Objection {
	check := s.relay.settings.Load().Check
	if check == nil || bytes.HasPrefix(e.Type, []byte("LINK_")) {
		return nil
	}
	return check(e.Type, e.Message, e.Link != nil && isPart(e.Link))
}

// isPart reports whether a link marks its message as a part. So does a link that cannot be
// parsed: its receiver refuses it.
func isPart(link []byte) bool {
	var values [2][]byte
	err := protocol.ScanObject(link, partNames, values[:])
	return err != nil || values[0] != nil || values[1] != nil
}

var partNames = []string{"of", "at"}

// refuse drops a message and tells a v1 sender why. It returns an error that closes the
// sender if the objection says so, and for a frame of a link, because the link would resend
// it forever (D10).
func (s *session) refuse(why *Objection, e protocol.Envelope) error {
	s.relay.countDrop(DropRefused, 1)
	if s.v1 {
		u := protocol.Undelivered{To: protocol.ID(e.To), Reason: refused, Path: why.Path, Keyword: why.Keyword}
		_ = s.conn.Send(relayFrame(protocol.TypeRelayUndelivered, protocol.AppendUndelivered(nil, u)), 1, nil)
	}
	if !why.Close && e.Link == nil {
		return nil
	}
	reason := "the relay's operator does not allow this message: " + why.Keyword
	if at := " at #" + why.Path; len(reason)+len(at) <= protocol.MaxReason {
		reason += at
	}
	return &protocol.Error{Code: protocol.CodeRefused, Reason: reason}
}

// undelivered counts dropped messages and sends a v1 sender a hint (D3).
func (s *session) undelivered(to []byte, why Drop, messages int, hint string) {
	s.relay.countDrop(why, messages)
	if !s.v1 || hint == absent && !s.firstMiss(to) {
		return
	}
	u := protocol.Undelivered{To: protocol.ID(to), Reason: hint}
	_ = s.conn.Send(relayFrame(protocol.TypeRelayUndelivered, protocol.AppendUndelivered(nil, u)), 1, nil)
}

// The reasons of RELAY_UNDELIVERED.
const (
	absent  = "absent"
	slow    = "slow"
	toABase = "base"
	refused = "schema"

	noStreams = "streams"
)

// firstMiss reports whether this is the first message since the receiver went absent. Of
// receivers that are unknown to the room it remembers only the last one.
func (s *session) firstMiss(to []byte) bool {
	l := s.lobby
	l.mu.Lock()
	defer l.mu.Unlock()
	if s.server {
		if m := l.room.Client(to); m != nil {
			return m.Hint()
		}
	} else if string(to) == string(l.id) {
		return s.seat.Hint()
	}
	first := string(s.stranger) != string(to)
	if first {
		s.stranger = protocol.ID(to)
	}
	return first
}

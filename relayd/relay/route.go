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

// Message puts one message on its way to its receiver, or returns the *protocol.Error that
// the sender is closed with. While messages are held back for a slow server, it wants no more.
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

// route decides what becomes of a message.
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
	receiver, ok := s.lobby.route(s, envelope.To)
	switch {
	case ok && s.v1 && !receiver.to.v1 && isLinked(envelope): // D6
		s.flush(b)
		s.undelivered(envelope.To, DropBase, 1, toABase)
		return nil
	case ok:
		if why := s.refuses(envelope); why != nil {
			s.flush(b)
			return s.refuse(why, envelope)
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

// gather puts messages that came together for one receiver into one piece.
func (s *session) gather(b *batch, receiver route, e protocol.Envelope) {
	if b.to != nil && (b.to != receiver.to || b.frames == s.relay.batchFrames || len(b.out)+len(e.Message)+len(e.Link) > s.relay.batchBytes) {
		s.flush(b)
	}
	if s.held != nil { // it comes behind them, and nothing more is looked at
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

// flush sends what handle has put together.
func (s *session) flush(b *batch) {
	if b.to == nil {
		return
	}
	to, out, frames, news := b.to, b.out, b.frames, b.news
	b.to, b.out, b.frames, b.news = nil, out[:0], 0, false
	if s.server {
		s.toClient(to, out, frames, news)
	} else if err := s.toServer(to, out, frames, news); err == wsconn.ErrFull {
		s.held, s.heldOf = slices.Clone(out), frames // nothing larger is kept while it waits
		s.conn.Keep(cap(s.held))
	} else if err != nil {
		s.undelivered([]byte(s.lobby.id), DropAbsent, frames, absent)
	}
}

// toServer sends a client's messages, or fails as Send does.
func (s *session) toServer(to *session, bytes []byte, frames int, news bool) error {
	if s.host != to { // a share is guarded by its outbox
		s.host, s.waits = to, new(wsconn.Share)
	}
	if news {
		return s.lobby.deliverNews(s, to, bytes, frames)
	}
	return s.lobby.deliver(s, to, bytes, frames)
}

// hold sends the messages that are held back to the server when its outbox has capacity.
// This client's reads wait until then, and those of no other; what could not be sent within
// HoldWithin is dropped (B17, D2).
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

// push sends to the server, behind what it must hear of this client, and waits for
// room while this session lasts.
func (s *session) push(bytes []byte, frames int) error {
	server, ok := s.lobby.route(s, []byte(s.lobby.id))
	if !ok {
		return wsconn.ErrGone
	}
	s.conn.Pause()
	err := server.to.conn.SendWithin(s.relay.config.HoldWithin, s.conn, func() error {
		return s.toServer(server.to, bytes, frames, true)
	})
	s.carried.Store(s.relay.conns.Now()) // it would have been, had there been capacity
	s.conn.Resume()
	return err
}

// toClient sends a server's messages to a client, behind what that must hear of
// its server. A server's reads never wait for a client: one that is too slow is cut
// (B16).
func (s *session) toClient(to *session, bytes []byte, frames int, news bool) {
	err := wsconn.ErrFull
	if !news || s.lobby.toldOfServer(to) {
		err = s.lobby.deliver(s, to, bytes, frames)
	}
	switch err {
	case nil:
	case wsconn.ErrFull:
		to.close(protocol.CodeTooSlow, "too much waits for you: read faster, or take the data over a data channel")
		s.undelivered([]byte(to.id), DropClientSlow, frames, slow)
	default:
		s.undelivered([]byte(to.id), DropAbsent, frames, absent)
	}
}

// A batch is what one read has brought. Messages for one receiver that came together leave
// together. It is borrowed for the read, so that an idle peer owns none.
type batch struct {
	out    []byte // frames for one receiver; `to` is nil while there are none
	to     *session
	frames int
	news   bool // the receiver is to be told of the sender first

	read, readBytes int       // messages that have come
	began           time.Time // if this read is measured
}

var batches = sync.Pool{New: func() any {
	return &batch{out: make([]byte, 0, frame.MaxHeader+protocol.MaxDelivery)}
}}

// endBatch sends what the read has brought, and counts it.
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

// A Check looks at a message before it goes to another peer, and gives nil if it may
// (B51). part tells that it is a part of a longer one (L7). It is called from many
// goroutines at once, each of which reads nothing more from its peer meanwhile; what it
// is given is valid only during the call.
type Check func(typ, message []byte, part bool) *Objection

// An Objection is why a message may not pass. It goes to the sender and into the log, so
// nothing that a peer sent may stand in it.
type Objection struct {
	Path    string // a JSON pointer into the operator's schema
	Keyword string
	Close   bool // the sender is closed
}

// refuses asks the check, if there is one. What the link says itself is not looked at
// (D10): its messages are null.
func (s *session) refuses(e protocol.Envelope) *Objection {
	check := s.relay.settings.Load().Check
	if check == nil || bytes.HasPrefix(e.Type, []byte("LINK_")) {
		return nil
	}
	return check(e.Type, e.Message, e.Link != nil && isPart(e.Link))
}

// isPart reports whether a link says that its message is a part. Of one that says it twice
// nothing is sure, and its receiver refuses it.
func isPart(link []byte) bool {
	var values [2][]byte
	err := protocol.ScanObject(link, partNames, values[:])
	return err != nil || values[0] != nil || values[1] != nil
}

var partNames = []string{"of", "at"}

// refuse drops a message and tells its v1 sender why, or closes the sender: for a frame of
// a link in any case, because the link would send it again for ever (D10).
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

// undelivered counts messages that are dropped and hints a v1 sender at it (D3).
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
)

// firstMiss reports whether this session has not been told yet that the peer is
// absent. Of strangers it is remembered for the last one only.
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

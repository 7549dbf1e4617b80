package signaling

import (
	"context"
	"time"

	"github.com/sebas642/intercessor/protocol"
)

// answerWithin bounds the wait for the relay's answer to a request, which may have to
// wait for a connection first.
const answerWithin = 30 * time.Second

// KickFor is how long a client stays out if KickOptions says nothing else. Its identity ends
// within that time anyway.
const KickFor = 24 * time.Hour

// MaxKickFor is the longest time for which a client can be kept out.
const MaxKickFor = 365 * 24 * time.Hour

// KickOptions say more than that a client is to go: for how long, and what else stays out.
type KickOptions struct {
	For time.Duration // 0: KickFor, at most MaxKickFor
	By  Bar
}

// Bar is what a kick keeps out in addition to the client's identity. The zero Bar is nothing.
type Bar string

// What a kick can keep out.
const (
	BySource  Bar = "source"
	BySubject Bar = "subject"
)

// Kick has the relay close a client, which may not resume then; options may be nil. What Kick,
// SetOpen and SetInfo have asked for stays in force: the session says it again after each
// resume, because a relay may forget it. That also holds when the error is that of ctx, or of
// the 30 seconds within which the relay should have answered.
//
// Errors: a *RequestError if the relay refuses, ErrUnsupported if it does not speak
// intercessor.v1, how the session ended, that of ctx.
func (s *Session) Kick(ctx context.Context, client protocol.ID, options *KickOptions) error {
	r := protocol.Request{ID: client}
	stay := KickFor
	if options != nil {
		r.By = string(options.By)
		if options.For > 0 {
			stay = min(options.For, MaxKickFor)
		}
	}
	r.For = uint64((stay + time.Second - 1) / time.Second)
	return s.request(ctx, protocol.TypeRelayKick, r)
}

// SetOpen says whether newcomers are let into this server's room. Those that are not get
// the answer that there is no such server; clients that resume are always let in. Errors
// are as for Kick.
func (s *Session) SetOpen(ctx context.Context, open bool) error {
	return s.request(ctx, protocol.TypeRelayDoor, protocol.Request{Closed: !open})
}

// SetInfo sets what clients that come from now on get as Hello.ServerInfo: one JSON value
// of at most 4,096 bytes, or nil. Errors are as for Kick.
func (s *Session) SetInfo(ctx context.Context, info []byte) error {
	return s.request(ctx, protocol.TypeRelayInfo, protocol.Request{ServerInfo: info})
}

func (s *Session) request(ctx context.Context, typ string, r protocol.Request) error {
	if !s.v1 {
		return ErrUnsupported
	}
	answered, err := s.want(typ, r)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	select {
	case err := <-answered:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// want notes a wish, and sends it if there is a connection; otherwise attach will.
func (s *Session) want(typ string, r protocol.Request) (answered <-chan error, err error) {
	s.asking.Lock()
	defer s.asking.Unlock()
	s.mu.Lock()
	if s.err != nil {
		defer s.mu.Unlock()
		return nil, s.err
	}
	it, answered := s.wishes.want(typ, r)
	body := it.body()
	s.mu.Unlock()
	_ = s.SendFrame(s.ctx, protocol.AppendEnvelopeV1(nil, protocol.RelayID, typ, body, nil), false)
	return answered, nil
}

// again repeats a wish under a new number.
func (s *Session) again(it *wish) {
	s.asking.Lock()
	defer s.asking.Unlock()
	s.mu.Lock()
	s.wishes.number(it)
	body := it.body()
	s.mu.Unlock()
	_ = s.SendFrame(s.ctx, protocol.AppendEnvelopeV1(nil, protocol.RelayID, it.typ, body, nil), false)
}

package signaling

import (
	"context"
	"time"

	"github.com/sebas642/intercessor/protocol"
)

// answerWithin bounds the wait for the relay's answer to a request, which may have to
// wait for a connection first.
const answerWithin = 30 * time.Second

// Kick has the relay close a client, which may not resume then. A client that is not
// there is no error. What Kick, SetOpen and SetInfo have asked for stays in force: the
// session says it again after each resume, because a relay may forget it. That also
// holds when the error is that of ctx, or of the 30 seconds within which the relay
// should have answered.
//
// Errors: a *RequestError if the relay refuses, ErrUnsupported if it does not speak
// intercessor.v1, how the session ended, that of ctx.
func (s *Session) Kick(ctx context.Context, client protocol.ID) error {
	return s.request(ctx, protocol.TypeRelayKick, protocol.Request{ID: client})
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
	late := time.NewTimer(answerWithin)
	defer late.Stop()
	select {
	case err := <-answered:
		return err
	case <-ctx.Done():
		return ctx.Err()
	case <-late.C:
		return context.DeadlineExceeded
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
	_ = s.SendLink(s.ctx, protocol.RelayID, typ, body, nil)
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
	_ = s.SendLink(s.ctx, protocol.RelayID, it.typ, body, nil)
}

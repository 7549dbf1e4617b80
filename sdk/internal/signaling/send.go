package signaling

import (
	"context"
	"time"

	"github.com/sebas642/intercessor/protocol"
)

// Send sends one message to a peer. typ is an application's or an SDK's own type,
// message one JSON value; both are the caller's to check (protocol.CheckType,
// protocol.Valid), for a relay closes the session of a peer that sends others.
//
// A Send that has returned nil has handed the message to the operating system or
// the browser; whether the peer got it only the peer can say. It waits while
// others send, while the session is reconnecting and while the network takes nothing
// more, at most for as long as ctx allows; a message that is on its way out is not
// called back, but after 10 seconds without success ends the connection. One that need
// not wait goes out even if ctx has ended. Errors: ErrTooLarge, ErrClosed, that of
// ctx, and a *RelayError: the connection ended while the message was on its way.
func (s *Session) Send(ctx context.Context, to protocol.ID, typ string, message []byte) error {
	for {
		c, changed, err := s.connected()
		if err != nil {
			return err
		}
		if c != nil {
			err = s.write(ctx, c, false, func() []byte {
				s.frame = protocol.AppendEnvelopeV1(s.frame[:0], to, typ, message, nil)
				return s.frame
			})
			if err != errOld {
				return err
			}
			continue
		}
		select {
		case <-changed:
		case <-s.ended:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// SendFrame sends one message, encoded as protocol.AppendEnvelopeV1 does it. In contrast to
// Send it may be of a LINK_ type and have the object link, which the relay hands on unread
// (D4), and it does not wait for a connection: the error is then ErrReconnecting. It is for
// a link, which sends again what was lost. A base relay drops the object, so only v1 sessions
// should send one. With more another call follows at once, and short frames leave together.
func (s *Session) SendFrame(ctx context.Context, frame []byte, more bool) error {
	c, _, err := s.connected()
	if err != nil {
		return err
	}
	if c == nil {
		return ErrReconnecting
	}
	if err = s.write(ctx, c, more, func() []byte { return frame }); err == errOld {
		return ErrReconnecting
	}
	return err
}

// connected returns the connection that is up, or nil and what is closed when that
// changes.
func (s *Session) connected() (c *connection, changed <-chan struct{}, err error) {
	if s.v1 {
		s.look(time.Now())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.current, s.changed, s.err
}

// write sends the frame that encode returns, once this caller has the right to write, on a
// connection. The error is errOld, and nothing was written, if that has ended before.
func (s *Session) write(ctx context.Context, c *connection, more bool, encode func() []byte) error {
	if err := s.lock(ctx, c); err != nil {
		return err
	}
	defer func() { s.sending <- struct{}{} }()
	frame := encode()
	if len(frame) > protocol.MaxMessage {
		return tooLarge(len(frame))
	}
	err := c.socket.write(ctx, frame, more)
	if err == nil || err == ctx.Err() {
		return err
	}
	late, cancel := context.WithTimeout(context.Background(), noticeWithin)
	defer cancel()
	select {
	case <-c.over:
		if reason := s.reason(); reason != nil {
			return reason
		}
		return c.err
	case <-late.Done():
	}
	if !c.v1 {
		return s.end(err)
	}
	c.drop(err)
	return err
}

// lock takes the right to write.
func (s *Session) lock(ctx context.Context, c *connection) error {
	select {
	case <-s.sending:
	default:
		select {
		case <-s.sending:
		case <-s.ended:
			return s.reason()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	select {
	case <-c.over:
	case <-s.ended:
	default:
		return nil
	}
	s.sending <- struct{}{}
	if err := s.reason(); err != nil {
		return err
	}
	return errOld
}

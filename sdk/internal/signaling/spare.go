package signaling

import (
	"context"
	"time"

	"github.com/sebas642/intercessor/protocol"
)

// Spare is what carries messages without the relay. While there is something, the session goes
// on after two codes that are final otherwise: to the relay its peers seem to be idle, or gone
// (W7). Then a server resumes at once, and a client when it needs the relay.
// The zero value is nothing.
type Spare struct {
	// Stands reports whether there is something, or may be again soon.
	Stands func() bool

	// Rest waits until a client needs the relay, or for the end of ctx. A server has none.
	Rest func(ctx context.Context)
}

// spares reports whether a session goes on whose connection has ended with err.
func (s *Session) spares(err error) bool {
	closed, ok := err.(*RelayError)
	return ok && (closed.Code == protocol.CodeIdle || closed.Code == protocol.CodeServerGone) &&
		s.v1 && s.spare.Stands != nil && s.spare.Stands()
}

// Patience is how long a peer is waited for to which there is no path: the window and 10 seconds
// (P4).
func (s *Session) Patience() time.Duration { return window(s.Hello()) + goneAfter }

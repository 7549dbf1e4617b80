package signaling_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/sdk/internal/signaling"
)

// spare is a direct path of a test.
type spare struct {
	stands bool
	rests  chan struct{} // gets a token when a client rests
	needed chan struct{} // closed when it needs the relay
}

func newSpare(stands bool) *spare {
	return &spare{stands: stands, rests: make(chan struct{}, 1), needed: make(chan struct{})}
}

func (s *spare) spare() signaling.Spare {
	return signaling.Spare{Stands: func() bool { return s.stands }, Rest: s.rest}
}

func (s *spare) rest(ctx context.Context) {
	s.rests <- struct{}{}
	select {
	case <-s.needed:
	case <-ctx.Done():
	}
}

// idles serves a session whose relay follows a script. ended gets how the session has ended.
func idles(t *testing.T, url string, s *spare) (session *signaling.Session, events chan signaling.Event, ended chan error) {
	t.Helper()
	session, err := signaling.Open(within(t), url, nil)
	require.NoError(t, err)
	events, ended = make(chan signaling.Event, 100), make(chan error, 1)
	go func() { ended <- session.Serve(func(e signaling.Event) { events <- e }, s.spare()) }()
	return session, events, ended
}

var idleScripts = map[string]protocol.Code{"v1-idle": protocol.CodeIdle, "v1-server-gone": protocol.CodeServerGone}

func TestWithoutASpareAnIdleSessionEnds(t *testing.T) {
	for script, code := range idleScripts {
		session, _, ended := idles(t, visit(t, script, asClient), newSpare(false))
		var closed *signaling.RelayError
		require.ErrorAs(t, <-ended, &closed)
		require.Equal(t, code, closed.Code)
		session.Close(within(t))
	}
}

func TestAClientRestsUntilItNeedsTheRelay(t *testing.T) {
	for script := range idleScripts {
		s := newSpare(true)
		session, events, ended := idles(t, visit(t, script, asClient), s)
		<-s.rests
		require.Equal(t, signaling.Reconnecting, session.State())
		close(s.needed)
		for e := range events {
			if e.Kind == signaling.Back { // and so Connected was before
				break
			}
		}
		require.Equal(t, signaling.Online, session.State())
		session.Close(within(t))
		require.ErrorIs(t, <-ended, signaling.ErrClosed)
	}
}

func TestAClientThatRestsCanBeClosed(t *testing.T) {
	s := newSpare(true)
	session, _, ended := idles(t, visit(t, "v1-idle", asClient), s)
	<-s.rests
	session.Close(within(t))
	require.ErrorIs(t, <-ended, signaling.ErrClosed)
}

func TestAServerWithASpareResumesAtOnce(t *testing.T) {
	s := newSpare(true)
	session, events, ended := idles(t, visit(t, "v1-idle", asServer), s)
	for e := range events {
		if e.Kind == signaling.Connected {
			break
		}
	}
	require.Empty(t, s.rests)
	session.Close(within(t))
	require.ErrorIs(t, <-ended, signaling.ErrClosed)
}

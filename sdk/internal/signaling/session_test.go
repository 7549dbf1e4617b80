package signaling_test

import (
	"context"
	"errors"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/sdk/internal/badrelay"
	"github.com/sebas642/intercessor/sdk/internal/signaling"
	"github.com/sebas642/intercessor/sdk/sdktest"
)

func within(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// dial opens a session with a bad relay that follows a script.
func dial(t testing.TB, script string) *sdktest.Peer {
	t.Helper()
	s, err := sdktest.Dial(within(t), server(t)+"/"+script+"/client/other", nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func receive(t testing.TB, s *sdktest.Peer) signaling.Event {
	t.Helper()
	e, err := s.Receive(within(t))
	require.NoError(t, err)
	return e
}

func TestSession(t *testing.T) {
	s := dial(t, "echo")
	require.EqualValues(t, badrelay.ID, s.Hello().ID)
	require.JSONEq(t, `{"name":"bad"}`, string(s.Hello().ServerInfo))

	for _, message := range []string{`null`, `"\u0000 \ud800 ` + "\u2028 é" + `"`, `{"deep":[[[1e400]]]}`} {
		require.NoError(t, s.Send(within(t), "other", "anything", []byte(message)))
		require.Equal(t, signaling.Event{
			Kind: signaling.Delivered, Peer: "other", Type: "echo", Message: []byte(message),
		}, receive(t, s))
	}
}

// TestTheLastAnswerCounts: a relay that has refused, and then takes too long, is there.
func TestTheLastAnswerCounts(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	_, err := signaling.Open(ctx, visit(t, "v1-loaded", asClient), nil)
	var closed *signaling.RelayError
	require.ErrorAs(t, err, &closed)
	require.Equal(t, protocol.CodeOverloaded, closed.Code)
}

func TestPresenceComesInOrder(t *testing.T) {
	s := dial(t, "presence")
	require.Equal(t, signaling.Event{Kind: signaling.Joined, Peer: "ada"}, receive(t, s))
	require.Equal(t, "chat", receive(t, s).Type, "what a later relay says is left out")
	require.Equal(t, signaling.Event{Kind: signaling.Gone, Peer: "ada"}, receive(t, s))
}

func TestNothingIsLostBeforeTheClose(t *testing.T) {
	s := dial(t, "burst")
	for i := range badrelay.Burst {
		require.Equal(t, strconv.Itoa(i), string(receive(t, s).Message))
	}
	_, err := s.Receive(within(t))
	require.Equal(t, &signaling.RelayError{Code: protocol.CodeRestarting, Reason: "back in a minute"}, err)
	require.True(t, err.(*signaling.RelayError).Retry())
	require.Equal(t, err, s.Send(within(t), "other", "late", []byte("1")), "Send says the same")
	_, again := s.Receive(within(t))
	require.Equal(t, err, again)
}

func TestUnknownServer(t *testing.T) {
	_, err := sdktest.Dial(within(t), server(t)+"/refuse/client/other", nil)
	require.ErrorIs(t, err, signaling.ErrNoSuchServer)
	require.EqualError(t, err, "the relay closed the connection (4500): there is no such server")
}

func TestWhatIsNoRelay(t *testing.T) {
	for script, want := range map[string]string{
		"chatty":   "its first message is not HELLO",
		"nonsense": "is not the JSON that is expected",
	} {
		_, err := sdktest.Dial(within(t), server(t)+"/"+script+"/client/other", nil)
		var wrong *signaling.ProtocolError
		require.ErrorAs(t, err, &wrong)
		require.ErrorContains(t, err, want)
	}
}

func TestRelayThatSaysNothing(t *testing.T) {
	for _, script := range []string{"silent", "unanswered"} {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := sdktest.Dial(ctx, server(t)+"/"+script+"/client/other", nil)
		require.ErrorIs(t, err, context.DeadlineExceeded, script)
	}
}

func TestRelayThatBreaksTheProtocol(t *testing.T) {
	for script, want := range map[string]string{
		"binary":     "a binary message",
		"broken":     "is not the JSON that is expected",
		"incomplete": `field "id" is missing`,
		"too-large":  "more than 66560 bytes",
	} {
		t.Run(script, func(t *testing.T) {
			s := dial(t, script)
			_, err := s.Receive(within(t))
			var wrong *signaling.ProtocolError
			require.ErrorAs(t, err, &wrong)
			require.ErrorContains(t, err, want)
			require.Equal(t, err, s.Send(within(t), "other", "late", []byte("1")))
		})
	}
}

func TestLargestMessages(t *testing.T) {
	require.Len(t, receive(t, dial(t, "largest")).Message, protocol.MaxDelivery-len(`{"from":"other","type":"pad","message":}`))

	s := dial(t, "echo")
	room := protocol.MaxMessage - len(protocol.AppendEnvelope(nil, "other", "pad", []byte(`""`)))
	largest := []byte(`"` + strings.Repeat("x", room) + `"`)
	require.NoError(t, s.Send(within(t), "other", "pad", largest))
	require.Equal(t, largest, receive(t, s).Message)

	err := s.Send(within(t), "other", "padd", largest)
	require.ErrorIs(t, err, signaling.ErrTooLarge)
	require.ErrorContains(t, err, "65537 bytes, and the relay takes 65536")
	require.NoError(t, s.Send(within(t), "other", "pad", []byte("1")), "the session goes on")
}

func TestBrokenConnection(t *testing.T) {
	s := dial(t, "cut")
	require.Equal(t, "chat", receive(t, s).Type)
	_, err := s.Receive(within(t))
	var lost *signaling.RelayError
	require.ErrorAs(t, err, &lost)
	require.EqualValues(t, 1006, lost.Code)
	require.True(t, lost.Retry())
	require.ErrorContains(t, err, "the connection to the relay broke: ")
}

func TestRefusedWebSocket(t *testing.T) {
	url := server(t)
	_, err := sdktest.Dial(within(t), url+"/no-such-script/client/secret", nil)
	var refused *signaling.DialError
	require.ErrorAs(t, err, &refused)
	require.NotContains(t, err.Error(), "secret", "who knows the ID can enter the room")
	require.ErrorContains(t, err, "cannot open a WebSocket to "+url)
	if runtime.GOOS != "js" {
		require.Equal(t, 403, refused.Status)
	}
}

func TestBadURL(t *testing.T) {
	_, err := sdktest.Dial(within(t), "ws://bad host/server", nil)
	var refused *signaling.DialError
	require.ErrorAs(t, err, &refused)
}

func TestDialWithAContextThatHasEnded(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := sdktest.Dial(ctx, server(t)+"/silent/client/other", nil)
	require.ErrorIs(t, err, context.Canceled)
}

func TestCloseSaysGoodbye(t *testing.T) {
	url := server(t)
	s, err := sdktest.Dial(within(t), url+"/echo/client/other", nil)
	require.NoError(t, err)
	var receiving sync.WaitGroup
	receiving.Go(func() {
		_, err := s.Receive(within(t))
		if !errors.Is(err, signaling.ErrClosed) {
			t.Errorf("Receive that waits gets %v", err)
		}
	})
	require.NoError(t, s.Close())
	receiving.Wait()
	require.NoError(t, s.Close())
	_, err = s.Receive(within(t))
	require.ErrorIs(t, err, signaling.ErrClosed)
	require.ErrorIs(t, s.Send(within(t), "other", "late", []byte("1")), signaling.ErrClosed)
	require.Eventually(t, func() bool { return fetch(t, url+"/code") == "1000" }, 2*time.Minute, time.Millisecond)
}

func TestReceiveThatIsCancelledEndsNothing(t *testing.T) {
	s := dial(t, "echo")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.Receive(ctx)
	require.ErrorIs(t, err, context.Canceled)
	require.NoError(t, s.Send(within(t), "other", "chat", []byte("1")))
	require.Equal(t, "echo", receive(t, s).Type)
}

func TestStalledWriteEndsTheSession(t *testing.T) {
	t.Parallel() // it takes as long as a write may
	s := dial(t, "deaf")
	message := []byte(`"` + strings.Repeat("x", 60<<10) + `"`)
	var err error
	for err == nil {
		err = s.Send(t.Context(), "other", "pad", message)
	}
	var lost *signaling.RelayError
	require.ErrorAs(t, err, &lost)
	require.ErrorContains(t, err, "nothing could be written for 10s")
}

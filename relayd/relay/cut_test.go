package relay_test

import (
	"fmt"
	"io"
	"net"
	"net/url"
	"runtime"
	"testing"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/stretchr/testify/require"
)

// allFreed requires that no session, no room and no additional goroutine is left, after the time of
// a closing handshake (B28).
func (w *world) allFreed(goroutines int) {
	w.t.Helper()
	goroutines++ // from its first peer on, one of the relay watches all sockets
	left := func() string {
		s := w.Stats()
		return fmt.Sprintf("%d sessions, %d rooms, %d bytes, %d goroutines more",
			s.Sessions, s.Rooms, s.Waiting, max(0, runtime.NumGoroutine()-goroutines))
	}
	const nothing = "0 sessions, 0 rooms, 0 bytes, 0 goroutines more"
	again := time.NewTicker(5 * time.Millisecond) // require.Eventually starts goroutines itself
	defer again.Stop()
	for end := time.Now().Add(patience); left() != nothing && time.Now().Before(end); {
		<-again.C
	}
	require.Equal(w.t, nothing, left())
}

// TestConnectionCutAtEveryByte: in the handshake, in a header, in a message, between two
// fragments and in a close frame; by a reset, and by an end of what the peer sends.
func TestConnectionCutAtEveryByte(t *testing.T) {
	w := newWorld(t, relay.Config{})
	u, err := url.Parse(w.url)
	require.NoError(t, err)
	speech := handshake("/server") +
		masked(text, `{"to":"nobody","type":"x","message":"ä€"}`) +
		masked(moreText, `{"to":"nobody",`) + masked(pingFrame, "?") + masked(last, `"type":"x","message":1}`) +
		closing(1000, "bye")
	before := runtime.NumGoroutine()
	for _, reset := range []bool{true, false} {
		for n := range len(speech) + 1 {
			conn, err := net.Dial("tcp", u.Host)
			require.NoError(t, err)
			_, err = io.WriteString(conn, speech[:n])
			require.NoError(t, err)
			if tcp := conn.(*net.TCPConn); reset {
				require.NoError(t, tcp.SetLinger(0))
			} else {
				require.NoError(t, tcp.CloseWrite())
				require.NoError(t, tcp.SetReadDeadline(time.Now().Add(patience)))
				_, err = io.Copy(io.Discard, tcp)
				require.NoError(t, err, "cut at %d: the relay keeps its half", n)
			}
			require.NoError(t, conn.Close())
		}
		w.allFreed(before)
	}
}

// TestPeersThatDoNotAnswerAClose: their connections end after CloseWithin, whether they read or
// not, and whatever they send.
func TestPeersThatDoNotAnswerAClose(t *testing.T) {
	w := newWorld(t, relay.Config{})
	before := runtime.NumGoroutine()
	begun := time.Now()
	var all []*wire
	for i := range 60 {
		p := w.wire("/server")
		_, err := fmt.Fprint(p.conn, masked(text, "{}")+masked(moreText, "and so on")[:i%10])
		require.NoError(t, err)
		all = append(all, p)
	}
	w.eventually("all are closed", func(s relay.Stats) bool { return s.Closed[protocol.CodeMissingField] == 60 })
	w.allFreed(before)
	require.Greater(t, time.Since(begun), time.Second, "they had time to answer")
	runtime.KeepAlive(all)
}

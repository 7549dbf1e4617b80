package relay_test

import (
	"context"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/stretchr/testify/require"
)

func TestPeerThatAnswersNoPingIsLost(t *testing.T) {
	w := newWorld(t, relay.Config{PingAfter: 50 * time.Millisecond, PongWithin: time.Second})
	server := w.server()
	deaf := w.client(server) // this library answers pings only during a read
	server.wantsJoined(deaf)
	server.wantsGone(deaf) // the server reads, and lives
	deaf.wantsClose(protocol.CodePingTimeout)
}

func TestPeerThatAnswersPingsLives(t *testing.T) {
	w := newWorld(t, relay.Config{PingAfter: 20 * time.Millisecond, PongWithin: time.Hour})
	pings := make(chan struct{}, 10)
	ws, _, err := websocket.Dial(t.Context(), w.url+"/server", &websocket.DialOptions{
		OnPingReceived: func(context.Context, []byte) bool { pings <- struct{}{}; return true },
	})
	require.NoError(t, err)
	defer func() { _ = ws.CloseNow() }()
	go func() { // it answers pings while it reads
		for {
			if _, _, err := ws.Read(context.Background()); err != nil {
				return
			}
		}
	}()
	for range 5 { // a second one comes only after the answer to the first
		select {
		case <-pings:
		case <-time.After(patience):
			t.Fatal("no ping came")
		}
	}
	require.Empty(t, w.Stats().Closed)
}

func TestMessageThatDoesNotEndIsCut(t *testing.T) {
	w := newWorld(t, relay.Config{MessageWithin: 40 * time.Millisecond})
	server := w.server()
	client := w.client(server)
	server.wantsJoined(client)

	body, err := client.Writer(client.ctx, websocket.MessageText)
	require.NoError(t, err)
	_, err = io.WriteString(body, strings.Repeat(" ", 5000)) // more than the library's buffer: a first frame leaves
	require.NoError(t, err)
	client.wantsClose(protocol.CodeMessageTimeout)
	server.wantsGone(client)
}

func TestMessageInManyFramesArrivesWhole(t *testing.T) {
	w := newWorld(t, relay.Config{})
	server := w.server()
	client := w.client(server)
	server.wantsJoined(client)

	body, err := client.Writer(client.ctx, websocket.MessageText)
	require.NoError(t, err)
	for _, part := range []string{`{"to":"`, server.id, `","type":"parts","message":"`, strings.Repeat("x", 20000), `"}`} {
		_, err = io.WriteString(body, part)
		require.NoError(t, err)
	}
	require.NoError(t, body.Close())
	server.wants(client.id, "parts", `"`+strings.Repeat("x", 20000)+`"`)
}

func TestFloodOfPingsIsCut(t *testing.T) {
	w := newWorld(t, relay.Config{})
	server := w.server()
	client := w.client(server)
	server.wantsJoined(client)
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		client.wantsClose(protocol.CodeFlood)
	}()
	for client.Ping(client.ctx) == nil {
	}
	<-closed
	server.wantsGone(client)
	require.EqualValues(t, 1, w.Stats().Closed[protocol.CodeFlood])
}

// A connection that was cut is not closed with a frame: that would have no code, and a peer that
// it still reaches would take it for a normal end.
func TestPeerThatHalfClosesHearsNothingMore(t *testing.T) {
	w := newWorld(t, relay.Config{})
	server := w.wire("/server")
	require.NoError(t, server.conn.(*net.TCPConn).CloseWrite())
	rest, err := io.ReadAll(server.read)
	require.NoError(t, err)
	require.Empty(t, rest)
}

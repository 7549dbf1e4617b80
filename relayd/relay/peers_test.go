package relay_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/stretchr/testify/require"
)

func TestServerAndClientMeetTalkAndPart(t *testing.T) {
	w := newWorld(t, relay.Config{})
	server := w.server()
	client := w.client(server)
	server.wantsJoined(client)

	client.send(server, "OFFER", `{"sdp":"v=0"}`)
	server.wants(client.id, "OFFER", `{"sdp":"v=0"}`)
	server.send(client, "ANSWER", `[1, 2.50,  "\ud800"]`)
	client.wants(server.id, "ANSWER", `[1, 2.50,  "\ud800"]`)

	require.NoError(t, client.Close(websocket.StatusNormalClosure, ""))
	server.wantsGone(client)
}

func TestServerLeavesAndItsClientsAreToldAndClosed(t *testing.T) {
	w := newWorld(t, relay.Config{})
	server := w.server()
	ann, bob := w.client(server), w.client(server)
	stranger := w.server()

	require.NoError(t, server.Close(websocket.StatusNormalClosure, ""))
	for _, client := range []*peer{ann, bob} {
		client.wantsGone(server)
		client.wantsClose(protocol.CodeServerGone)
	}
	w.knock("/client/"+server.id, 0).wantsClose(protocol.CodeNoSuchServer)
	w.eventually("only the stranger is left", func(s relay.Stats) bool { return s.Rooms == 1 && s.Sessions == 1 })
	w.client(stranger) // still in service
}

// TestRoomIsEmptyWhenTheCloseIsAnswered: a peer that has the answer to its close frame is no
// longer in the room.
func TestRoomIsEmptyWhenTheCloseIsAnswered(t *testing.T) {
	w := newWorld(t, relay.Config{})
	for range 200 {
		server := w.server()
		require.NoError(t, server.Close(websocket.StatusNormalClosure, ""))
		w.knock("/client/"+server.id, 0).wantsClose(protocol.CodeNoSuchServer)
	}
}

func TestWhatNamesNoServerLooksTheSame(t *testing.T) {
	w := newWorld(t, relay.Config{})
	server := w.server()
	client := w.client(server)
	gone := w.server()
	require.NoError(t, gone.CloseNow())
	w.eventually("it is gone", func(s relay.Stats) bool { return s.Rooms == 1 })

	reasons := map[string]bool{}
	for _, id := range []string{"00000000-0000-4000-8000-000000000000", client.id, gone.id, "0", "x", "%2e%2e", "A%20B", strings.Repeat("a", 500)} {
		_, _, err := w.knock("/client/"+id, 0).Read(t.Context())
		require.Equal(t, protocol.CodeNoSuchServer, protocol.Code(websocket.CloseStatus(err)), "%q: %v", id, err)
		reasons[err.Error()] = true
	}
	require.Len(t, reasons, 1, "a stranger learns nothing from the reason")
}

func TestMessageToNobodyIsDroppedAndCounted(t *testing.T) {
	w := newWorld(t, relay.Config{})
	server, other := w.server(), w.server()
	ann := w.client(server)
	server.wantsJoined(ann)
	bob := w.client(server)
	server.wantsJoined(bob)
	foreign := w.client(other)
	other.wantsJoined(foreign)

	for _, try := range []struct{ from, to *peer }{
		{ann, bob}, {ann, foreign}, {ann, other}, {ann, ann}, {server, foreign}, {server, other}, {server, server},
		{ann, &peer{id: "0"}}, {server, &peer{id: "nobody"}},
	} {
		try.from.send(try.to, "x", "1")
	}
	// What comes first now is what was sent last: nothing came before it.
	ann.send(server, "last", "2")
	server.wants(ann.id, "last", "2")
	for _, p := range []*peer{ann, bob} {
		server.send(p, "last", "3")
		p.wants(server.id, "last", "3")
	}
	foreign.send(other, "last", "4")
	other.wants(foreign.id, "last", "4")
	require.EqualValues(t, 9, w.Stats().Dropped[relay.DropAbsent])
}

func TestOrderPerPairIsKept(t *testing.T) {
	w := newWorld(t, relay.Config{})
	server := w.server()
	client := w.client(server)
	server.wantsJoined(client)
	const n = 2000
	go func() {
		for i := range n {
			_ = client.trySend(server, "n", string(rune('0'+i%10)))
		}
		_ = client.Close(websocket.StatusNormalClosure, "")
	}()
	for i := range n {
		server.wants(client.id, "n", string(rune('0'+i%10)))
	}
	server.wantsGone(client)
}

func TestShutdownClosesEverybodyWithARetryCode(t *testing.T) {
	w := newWorld(t, relay.Config{})
	server := w.server()
	client := w.client(server)
	server.wantsJoined(client)
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		server.wantsClose(protocol.CodeRestarting)
	}()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	down := make(chan error, 1)
	go func() { down <- w.Shutdown(ctx) }()
	client.wantsClose(protocol.CodeRestarting)
	<-closed
	require.NoError(t, <-down)
	require.Zero(t, w.Stats().Sessions)

	w.knock("/server", 0).wantsClose(protocol.CodeRestarting)
}

func TestShutdownCutsWhoDoesNotAnswer(t *testing.T) {
	w := newWorld(t, relay.Config{CloseWithin: time.Hour})
	w.server() // reads nothing from here on
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, w.Shutdown(ctx), context.DeadlineExceeded)
	require.Zero(t, w.Stats().Sessions, "when Shutdown returns, nothing runs any more")
}

func TestRelayMountsBelowAPrefix(t *testing.T) {
	r := relay.New(relay.Config{})
	defer func() { _ = r.Shutdown(t.Context()) }()
	mux := http.NewServeMux()
	mux.Handle("/signal/", http.StripPrefix("/signal", r))
	server := httptest.NewServer(mux)
	defer server.Close()

	ws, _, err := websocket.Dial(t.Context(), server.URL+"/signal/server", nil)
	require.NoError(t, err)
	_, text, err := ws.Read(t.Context())
	require.NoError(t, err)
	require.Contains(t, string(text), `"HELLO"`)
	require.NoError(t, ws.Close(websocket.StatusNormalClosure, ""))
}

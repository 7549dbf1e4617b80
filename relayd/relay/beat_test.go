package relay_test

import (
	"context"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"
	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/stretchr/testify/require"
)

// TestD1AControlFrameIsNoBeat: a page sees text messages alone, so neither the relay's
// pings nor its pongs put off RELAY_BEAT, whenever the peer was last heard.
func TestD1AControlFrameIsNoBeat(t *testing.T) {
	const grain = time.Second
	synctest.Test(t, func(t *testing.T) {
		dial := inMemory(t, relay.New(relay.Config{}))
		var longest [31]time.Duration
		var peers sync.WaitGroup
		for at := range longest {
			ws := dial("/server")
			peers.Go(func() { longest[at] = longestSilence(ws, 3*time.Minute) })
			peers.Go(func() {
				time.Sleep(time.Duration(at) * time.Second) // of the bubble's clock
				_ = ws.Write(t.Context(), websocket.MessageText, []byte(`{"to":"nobody","type":"x","message":1}`))
				for range 20 {
					time.Sleep(7 * time.Second)
					_ = ws.Ping(t.Context())
				}
			})
		}
		peers.Wait()
		for at, silence := range longest {
			require.LessOrEqual(t, silence, protocol.BeatAfter*time.Second+grain, "of a peer that spoke after %d s", at)
		}
	})
}

// longestSilence is the longest time between two text messages.
func longestSilence(ws *websocket.Conn, within time.Duration) (longest time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	for last := time.Now(); ; last = time.Now() {
		_, _, err := ws.Read(ctx)
		longest = max(longest, time.Since(last))
		if err != nil {
			return longest
		}
	}
}

// A pipes listens to connections that are made in memory, as a bubble needs them.
type pipes struct {
	made   chan net.Conn
	closed chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.made:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { close(p.closed); return nil }
func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "memory"} }

// inMemory serves a relay in memory until the test ends, and returns how v1 peers come to it.
func inMemory(t *testing.T, r *relay.Relay) (dial func(path string) *websocket.Conn) {
	network := &pipes{make(chan net.Conn), make(chan struct{})}
	server := &http.Server{Handler: r}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(network) })
	t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel() // cuts the connected peers
		_ = r.Shutdown(ctx)
		_ = server.Close()
		serving.Wait()
	})
	client := &http.Client{Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		network.made <- theirs
		return ours, nil
	}}}
	return func(path string) *websocket.Conn {
		ws, _, err := websocket.Dial(t.Context(), "ws://relay"+path, &websocket.DialOptions{HTTPClient: client, Subprotocols: []string{protocol.SubprotocolV1}})
		require.NoError(t, err)
		t.Cleanup(func() { _ = ws.CloseNow() })
		return ws
	}
}

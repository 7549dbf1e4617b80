package native_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/sebas642/intercessor/relayd/resume"
	"github.com/sebas642/intercessor/sdk/sdktest"
)

// twoRelays gives the addresses of two relays with one key.
func twoRelays(t *testing.T, window time.Duration) (one, two string) {
	t.Helper()
	tokens := resume.NewTokens()
	start := func() string {
		r := relay.New(relay.Config{Tokens: tokens, Window: window})
		front := httptest.NewServer(r)
		t.Cleanup(func() {
			ctx, cancel := context.WithTimeout(context.Background(), patience.Max)
			defer cancel()
			require.NoError(t, r.Shutdown(ctx))
			front.Close()
		})
		return strings.TrimPrefix(front.URL, "http://")
	}
	return start(), start()
}

// A way is how one peer reaches a relay: what stands in front of the two sends it to one.
type way struct {
	mu    sync.Mutex
	to    string // "": nowhere
	conns []net.Conn
}

func (w *way) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.to == "" {
		return nil, errors.New("the test lets nothing through")
	}
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", w.to)
	if err == nil {
		w.conns = append(w.conns, conn)
	}
	return conn, err
}

// lead sends the next connections to a relay; cut ends those that there are.
func (w *way) lead(to string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.to = to
}

func (w *way) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, conn := range w.conns {
		_ = conn.Close()
	}
	w.conns = nil
}

// peer dials over a way of its own.
func (w *way) peer(t *testing.T, path string) *sdktest.Peer {
	t.Helper()
	options := &sdktest.Options{}
	transport := &http.Transport{DialContext: w.dial}
	t.Cleanup(transport.CloseIdleConnections)
	options.HTTPClient = &http.Client{Transport: transport}
	s, err := sdktest.Dial(t.Context(), "ws://relay"+path, options)
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// hears wants the next event that is not about the own connection.
func hears(t *testing.T, s *sdktest.Peer, kind string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience.Max)
	defer cancel()
	for {
		e, err := s.Receive(ctx)
		require.NoError(t, err)
		if e.Kind.String() != "lost" && e.Kind.String() != "connected" {
			require.Equal(t, kind, e.Kind.String(), "%+v", e)
			return
		}
	}
}

// TestFallBackToARelayWithAnOlderView: the second relay knows of the server what was so
// before the first knew more. Its client does not take the server for present.
func TestFallBackToARelayWithAnOlderView(t *testing.T) {
	t.Parallel()
	one, two := twoRelays(t, time.Minute)
	toServer, toClient := &way{to: one}, &way{to: one}
	server := toServer.peer(t, "/server")
	client := toClient.peer(t, "/client/"+string(server.Hello().ID))
	hears(t, server, "joined")
	toServer.lead(two)
	toServer.cut()
	hears(t, client, "away")
	hears(t, server, "away") // its client is at the first relay
	toServer.lead(one)
	toServer.cut()
	hears(t, client, "back")

	toServer.lead("")
	toServer.cut()
	toClient.lead(two)
	toClient.cut()
	hears(t, client, "away")
	toServer.lead(two)
	hears(t, client, "back")
}

// TestServerIsAtTheOtherRelay: a relay that has waited in vain for a server cannot know that
// it is gone. Its client looks elsewhere, and finds it there.
func TestServerIsAtTheOtherRelay(t *testing.T) {
	t.Parallel()
	for name, seen := range map[string]bool{"at a relay that knew it": true, "at a relay that did not": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			one, two := twoRelays(t, time.Second)
			toServer, toClient := &way{to: one}, &way{to: one}
			server := toServer.peer(t, "/server")
			client := toClient.peer(t, "/client/"+string(server.Hello().ID))
			hears(t, server, "joined")
			if seen {
				toServer.lead(two)
				toServer.cut()
				hears(t, client, "away")
				toClient.lead(two)
			} else {
				toClient.lead(two)
				toClient.cut()
				hears(t, client, "away")
				toClient.lead(one)
			}
			hears(t, client, "back")
			require.NoError(t, client.Send(t.Context(), server.Hello().ID, "chat", []byte("1")))
			for {
				ctx, cancel := context.WithTimeout(t.Context(), patience.Max)
				e, err := server.Receive(ctx)
				cancel()
				require.NoError(t, err)
				if e.Kind.String() == "delivered" {
					break
				}
			}
		})
	}
}

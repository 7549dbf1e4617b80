package relay_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/stretchr/testify/require"
)

// A dam is a log whose reader has stopped reading, as a full pipe behind standard error.
type dam struct {
	slog.Handler
	level *slog.LevelVar
	full  chan struct{} // gets one for each record that waits
	open  chan struct{} // closed: it flows again
}

func newDam() dam {
	return dam{slog.DiscardHandler, new(slog.LevelVar), make(chan struct{}, 1000), make(chan struct{})}
}

// opens has it flow again at the test's end, before the world ends that was made before.
func (d dam) opens(t testing.TB) { t.Cleanup(func() { close(d.open) }) }

func (d dam) Enabled(_ context.Context, level slog.Level) bool { return level >= d.level.Level() }

func (d dam) Handle(_ context.Context, r slog.Record) error {
	if r.Message == "joined" { // it may be late: HELLO comes before it
		return nil
	}
	d.full <- struct{}{}
	<-d.open
	return nil
}

func (d dam) waits(t testing.TB) {
	t.Helper()
	select {
	case <-d.full:
	case <-time.After(patience):
		t.Fatal("nothing was logged")
	}
}

// TestBlockedLogStallsNobody: the log line about a closed peer blocks no other peer.
func TestBlockedLogStallsNobody(t *testing.T) {
	for name, closes := range map[string]func(w *world, server, client, other *v1) (*v1, protocol.Code){
		"a server that comes again": func(w *world, server, _, _ *v1) (*v1, protocol.Code) {
			*server = *w.again(server)
			return nil, 0
		},
		"a client that comes again": func(w *world, _, client, _ *v1) (*v1, protocol.Code) {
			old := *client
			*client = *w.again(client)
			return &old, protocol.CodeReplaced
		},
		"a server that kicks": func(_ *world, server, _, other *v1) (*v1, protocol.Code) {
			server.raw(`{"to":"0","type":"RELAY_KICK","message":{"request":1,"id":"` + other.id + `"}}`)
			return other, protocol.CodeKicked
		},
		"the sweeper": func(_ *world, _, _, other *v1) (*v1, protocol.Code) {
			require.NoError(other.t, other.begin())
			return other, protocol.CodeMessageTimeout
		},
	} {
		t.Run(name, func(t *testing.T) {
			log := newDam()
			w, server, client := v1Room(t, relay.Config{Log: slog.New(log), MessageWithin: 200 * time.Millisecond, BeatAfter: 100 * time.Millisecond})
			log.opens(t)
			other := w.v1Client(server.peer)
			if who, code := closes(w, server, client, other); who != nil {
				who.wantsClose(code)
			}
			log.waits(t)

			server.send(client.peer, "still", "1")
			client.until("still")
			client.send(server.peer, "here", "2")
			server.until("here")
			server.until("RELAY_BEAT") // the relay's clock goes on
			w.v1Client(server.peer)    // and others come in
		})
	}
}

// TestBlockedLogStallsNoEnd: a drain and a shutdown reach all peers while the log line about the
// first one is blocked.
func TestBlockedLogStallsNoEnd(t *testing.T) {
	log := newDam()
	w := newWorld(t, relay.Config{Log: slog.New(log)})
	log.opens(t)
	peers := []*peer{w.server(), w.server(), w.server()}
	log.level.Set(slog.LevelDebug)                // the level of the lines about them
	go func() { _ = w.Shutdown(w.t.Context()) }() // for which the world's own waits
	for _, p := range peers {
		p.wantsClose(protocol.CodeRestarting)
	}
	log.waits(t)
	w.eventually("all are off", func(s relay.Stats) bool { return s.Sessions == 0 })
}

package sdkproof

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/cmd/chaosproxy/chaos"
	"github.com/sebas642/intercessor/e2e/history"
	"github.com/sebas642/intercessor/e2e/prove/form"
	"github.com/sebas642/intercessor/e2e/prove/talker"
	"github.com/sebas642/intercessor/sdk"
)

// TestSeeds is the short proof for seeded bugs: cuts, a killed relay, and a client's program that
// is restarted with the same identity.
func TestSeeds(t *testing.T) {
	t.Parallel()
	r := newRoom(t, newRelayd(t), 1)
	r.dialWithin = 10 * time.Second
	lonely, err := chaos.Listen(r.relay.Addr, nil) // for the client that will be killed
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, lonely.Close()) })
	identity := filepath.Join(t.TempDir(), "identity")
	options := &sdk.Options{IdentityFile: identity}
	first, toFirst := r.dialVia(lonely, "first", options)
	client, server := r.dial("client")

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var traffic sync.WaitGroup
	for i, talk := range []*talker.Talk{first, toFirst, client, server} {
		traffic.Go(func() { talk.Chat(ctx, uint64(i)) })
	}
	random := rand.New(rand.NewPCG(1, 2))
	broken := func(what string, do func()) {
		r.log.Add(history.Event{Kind: history.Fault, Name: what})
		do()
		r.log.Add(history.Event{Kind: history.Healed, Name: what})
		for _, it := range []interface{ NetworkChanged() }{r.listener, first.Conn, client.Conn} { // skip the back-off
			it.NetworkChanged()
		}
		form.Pace(t.Context(), random, 900*time.Millisecond, 1100*time.Millisecond)
	}
	form.Pace(t.Context(), random, 400*time.Millisecond, 500*time.Millisecond)
	broken("cut", func() { r.up.CutAll(chaos.RST) })
	broken("cut", func() { r.down.CutAll(chaos.FIN) })
	broken("SIGKILL", func() {
		r.relay.Kill()
		require.NoError(t, r.relay.Start())
	})
	cancel()
	traffic.Wait()

	// For the other peers the first client's program is killed, and starts again.
	settled, stop := context.WithTimeout(t.Context(), 5*time.Second)
	first.Settle(settled)
	toFirst.Settle(settled)
	stop()
	first.App.Event(history.Stop, history.Event{Reason: "killed"})
	r.killed = first
	lonely.SetRefuse(true)
	lonely.CutAll(chaos.RST)
	copied := filepath.Join(t.TempDir(), "identity")
	secret, err := os.ReadFile(identity)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(copied, secret, 0o600))
	options = &sdk.Options{IdentityFile: copied}
	second, toSecond := r.dialVia(r.down, "second", options)
	for range 5 {
		require.NoError(t, second.Send(t.Context(), 100))
		if toSecond != nil && toSecond != toFirst {
			require.NoError(t, toSecond.Send(t.Context(), 100))
		}
	}
	// The old program stays cut off, or it would win, because it presents the same token later
	// (R5).
	report := r.finish([]*talker.Talk{client, second, first}, history.Rules{Settle: 15 * time.Second, Skew: time.Second}, "go test -v -run TestSeeds ./e2e/prove/sdkproof")
	t.Log(table(report))
	require.Equal(t, second.Conn.ID(), first.Conn.ID(), "the same identity")
}

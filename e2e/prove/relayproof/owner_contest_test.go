package relayproof

import (
	"context"
	"math/rand/v2"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/prove/form"
	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/relay"
)

// A contest is one round: a relay, a server that stays and watches, and programs that
// all fight for the same few IDs.
type contest struct {
	t     *testing.T
	begin time.Time

	watcher     *websocket.Conn
	connections atomic.Int64
	running     sync.WaitGroup // connections
	stopped     atomic.Bool    // something is wrong: nothing new is begun

	mu       sync.Mutex
	ops      []porcupine.Operation
	closed   bool                     // nothing is recorded any more
	number   uint64                   // the last that was expected
	expected map[uint64]chan struct{} // evidence that a goroutine waits for
}

const (
	programs = 5
	deeds    = 7 // of each program

	// pending is the return of what may take effect until the round ends.
	pending = time.Duration(-1)
	// The rows of a picture: 0 is what the relay does, 1 what the watcher hears.
	firstRow = 2
)

// compete runs a round and gives its history.
func compete(t *testing.T, seed uint64) []porcupine.Operation {
	c := &contest{t: t, begin: time.Now(), expected: map[uint64]chan struct{}{}}
	r := relay.New(relay.Config{})
	server := httptest.NewServer(r)
	url := "ws" + strings.TrimPrefix(server.URL, "http")
	room := c.watch(url + "/server")
	all := []*identity{{url: url + "/client/" + room, to: room}, {url: url + "/client/" + room, to: room}, {url: url + "/server"}}

	each(len(all), func(i int) { c.enter(firstRow+i, all[i], credential{}, true) })
	if !t.Failed() {
		each(programs, func(i int) { c.program(firstRow+i, rand.New(rand.NewPCG(seed, uint64(i))), all) })
		for _, who := range all { // in the end, who owns what?
			for _, k := range who.connected() {
				if !c.stopped.Load() {
					k.use(firstRow)
				}
			}
		}
	}
	ops := c.close()
	ctx, cancel := context.WithTimeout(context.Background(), form.Patience())
	defer cancel()
	require.NoError(t, r.Shutdown(ctx))
	server.Close()
	c.running.Wait()
	return ops
}

// each runs so many functions at the same time.
func each(n int, run func(i int)) {
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() { run(i) })
	}
	group.Wait()
}

// program does this and that. What it may do depends on what the others did: the seed
// fixes what it wants, not what comes of it.
func (c *contest) program(row int, random *rand.Rand, all []*identity) {
	hot := all[random.IntN(len(all))]
	for range deeds {
		who := hot
		if random.IntN(3) == 0 {
			who = all[random.IntN(len(all))]
		}
		with, open, n := who.credential(random), who.connected(), random.IntN(100)
		switch {
		case c.stopped.Load():
			return
		case n < 1 && who.to != "":
			c.kick(row, who)
		case n < 8:
			c.enter(row, who, with, false)
		case n < 60 || len(open) == 0:
			c.enter(row, who, with, true)
		case n < 85:
			open[random.IntN(len(open))].use(row)
		default:
			open[random.IntN(len(open))].release(row, []protocol.Code{0, 1000, 1001, 3000}[random.IntN(4)])
		}
	}
}

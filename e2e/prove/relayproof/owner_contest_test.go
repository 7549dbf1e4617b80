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

// A contest is one round: a relay, a server that watches, and programs that compete for the same
// few IDs.
type contest struct {
	t     *testing.T
	begin time.Time

	watcher     *websocket.Conn
	connections atomic.Int64
	running     sync.WaitGroup // connections
	stopped     atomic.Bool    // after a failure: no new operation begins

	mu       sync.Mutex
	ops      []porcupine.Operation
	closed   bool                     // nothing is recorded any more
	number   uint64                   // the last number that expect returned
	expected map[uint64]chan struct{} // closed when the number was seen
}

const (
	programs = 5
	deeds    = 7 // of each program

	// pending is the return time of operations that may take effect until the round ends.
	pending = time.Duration(-1)
	// The rows of a picture: row 0 is the relay, row 1 the watcher.
	firstRow = 2
)

// compete runs a round and returns its history.
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
		for _, who := range all { // at the end, who owns which ID?
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

// each runs run n times concurrently.
func each(n int, run func(i int)) {
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() { run(i) })
	}
	group.Wait()
}

// program does random deeds. The seed determines what it tries, and the other programs affect
// the results.
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

package procproof

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/history"
	"github.com/sebas642/intercessor/e2e/prove/form"
	"github.com/sebas642/intercessor/e2e/relayproc"
)

const (
	// patience bounds every wait for an event that should come soon.
	patience = 2 * time.Minute

	// calmWithin limits how long it takes until all are connected again.
	calmWithin = 60 * time.Second

	// leaveWithin is how long a peer may take to end.
	leaveWithin = 2 * time.Minute
)

// rules returns the rules for real time: on a busy machine an application may log late.
func rules() history.Rules {
	return history.Rules{Settle: 75 * time.Second, Skew: 2 * time.Second}
}

// A world is a relay, a listener and its clients, all of them processes.
type world struct {
	t        testing.TB
	random   *rand.Rand
	log      history.Log // of the faults
	folder   string
	racing   string // relayd's binaries
	small    string
	relay    *relayproc.Relay
	listener *process
	clients  []*process
	newcomer int // number of newcomers so far
	checks   int
	tooLong  bool // a client was stopped for longer than the window
	idle     int  // the relay's descriptors without peers
	files    int  // the relay's descriptors with all peers
}

func newWorld(t testing.TB, seed uint64, clients int) *world {
	w := &world{t: t, random: rand.New(rand.NewPCG(seed, 4)), folder: t.TempDir()}
	w.racing, w.small = relayproc.Racing(t), relayproc.Small(t) // built now, because later every process would wait for it
	w.relay = relayproc.StartBinary(t, w.racing, "--drain", "2s")
	w.idle = openFiles(w.relay.PID())
	w.measure("before")
	w.listener = w.launch("server", "/server", seed)
	for i := range clients {
		w.clients = append(w.clients, w.launch(fmt.Sprint("client", i), "/client/"+w.listener.id, seed+uint64(i+1)))
	}
	require.True(t, w.calm("the start"), "not every peer can connect")
	w.files = openFiles(w.relay.PID())
	return w
}

// launch starts a peer, and waits until it has its ID.
func (w *world) launch(name, path string, seed uint64) *process {
	p := &process{t: w.t, world: w, listens: path == "/server", name: name, url: "ws://" + w.relay.Addr + path, seed: seed}
	p.start()
	w.t.Cleanup(func() {
		if p.lines != nil { // the test has ended early
			_ = p.cmd.Process.Kill()
			_ = p.end()
		}
	})
	_, ok := p.hear("id ", patience)
	require.True(w.t, ok, "%s gets no ID:\n%s", name, &p.stderr)
	return p
}

// room is the listener's ID.
func (w *world) room() string { return w.listener.id }

// everyone returns the listener and the clients.
func (w *world) everyone() []*process { return append([]*process{w.listener}, w.clients...) }

// broken logs the beginning and the end of a fault.
func (w *world) broken(what string, do func()) {
	w.log.Add(history.Event{Kind: history.Fault, Name: what})
	do()
	w.log.Add(history.Event{Kind: history.Healed, Name: what})
}

// pace waits for a random time.
func (w *world) pace(least, most time.Duration) { form.Pace(w.t.Context(), w.random, least, most) }

// calm waits until each client has sent a message that was delivered, so that no peer is away
// for as long as the window and C13 holds for the whole run. A slow peer has backed off, and is
// told to reconnect.
func (w *world) calm(after string, more ...*process) bool {
	w.checks++
	asked := append(more, w.clients...)
	for _, c := range asked {
		c.tell(fmt.Sprint("check ", w.checks))
	}
	end, hurry, patient := time.Now().Add(calmWithin), time.Second, 3*time.Second
	if !form.Full {
		hurry, patient = hurry/4, patient/4
	}
	for _, c := range asked {
		for {
			if _, ok := c.hear(fmt.Sprint("well ", w.checks), hurry); ok {
				break
			}
			if c.lines == nil || time.Now().After(end) {
				w.t.Logf("after %s %s was not well within %v; C10 and C13 judge what came of it", after, c.order.Name, calmWithin)
				return false
			}
			hurry = patient
			for _, p := range append(w.everyone(), more...) {
				p.tell("hurry")
			}
		}
	}
	return true
}

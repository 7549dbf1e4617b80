package procproof

import (
	"fmt"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/history"
	"github.com/sebas642/intercessor/e2e/prove/form"
	"github.com/sebas642/intercessor/e2e/prove/talker"
)

// TestProcesses: a listener and four clients, each a process, talk while they and the relay are
// killed, stopped and starved, one after the other.
func TestProcesses(t *testing.T) {
	t.Parallel()
	seed, err := form.Number("INTERCESSOR_SEED", int(time.Now().UnixNano()%1_000_000))
	require.NoError(t, err)
	most, within := size()
	most, err = form.Number("INTERCESSOR_FAULTS", most)
	require.NoError(t, err)
	repeat := fmt.Sprintf("INTERCESSOR_SEED=%d go test -v -run TestProcesses ./e2e/prove/procproof", seed)
	if form.Full {
		repeat = "INTERCESSOR_PROVE=full " + repeat
	}
	t.Logf("seed %d", seed)
	w := newWorld(t, uint64(seed), 4)
	begin := time.Now()
	count, done := map[string]int{}, 0
	deck := w.deck()
	for calm := true; calm && done < most && time.Since(begin) < within && !t.Failed(); done++ {
		if done%len(deck) == 0 {
			w.random.Shuffle(len(deck), func(i, j int) { deck[i], deck[j] = deck[j], deck[i] })
		}
		name := w.happen(deck[done%len(deck)])
		select {
		case <-w.relay.Exited():
			t.Errorf("relayd ended by itself after %s: %s", name, w.relay.Fatal())
		default:
		}
		count[name]++
		w.pace(300*time.Millisecond, 900*time.Millisecond)
		calm = w.calm(name)
		t.Logf("%5.1f s: %s", time.Since(begin).Seconds(), name)
	}
	report := w.finish(repeat)
	t.Logf("L4 %s seed=%d processes=%d faults=%d %v: %s violations=%d time=%v", t.Name(), seed, w.lives(), done, count,
		talker.Tally(report.Kinds), len(report.Violations), time.Since(begin).Round(time.Second))
	require.Greater(t, report.Kinds[history.Delivered], 100)
}

// lives returns how many processes of peers there were.
func (w *world) lives() int {
	n := w.newcomer
	for _, p := range w.everyone() {
		n += p.lives
	}
	return n
}

// deck returns the faults of one round, each kind as often as it happens in a round.
func (w *world) deck() []string {
	deck := []string{"client killed", "client killed twice", "listener killed", "relayd killed", "drain",
		"client stopped", "listener stopped", "relayd stopped", "few files", "little memory", "ss -K of one", "ss -K of all"}
	if form.Full {
		deck = append(deck, "client killed", "client and relayd killed", "listener and relayd killed", "relayd killed",
			"ss -K of one", "ss -K of all", "stopped for long", "ss -K of one")
	}
	if err := mayCutSockets(); err != nil {
		w.t.Logf("ss -K: not possible here: %v", err)
		deck = slices.DeleteFunc(deck, func(name string) bool { return name == "ss -K of one" || name == "ss -K of all" })
	}
	if openFiles(w.relay.PID()) == 0 || dataSize(w.relay.PID()) == 0 {
		w.t.Logf("few files, little memory: not possible here: /proc does not show a process's files and memory")
		deck = slices.DeleteFunc(deck, func(name string) bool { return name == "few files" || name == "little memory" })
	}
	return deck
}

// happen causes a fault and heals it. It returns a description of the fault.
func (w *world) happen(name string) string {
	client := w.clients[w.random.IntN(len(w.clients))]
	w.broken(name, func() {
		switch name {
		case "client killed":
			w.kill(client)
		case "client killed twice":
			w.kill(client)
			w.pace(0, 400*time.Millisecond) // while it begins
			w.kill(client)
		case "listener killed":
			w.kill(w.listener)
		case "relayd killed":
			w.killRelay()
		case "client and relayd killed":
			w.relay.Kill()
			w.kill(client)
			require.NoError(w.t, w.relay.Start())
		case "listener and relayd killed":
			w.relay.Kill()
			w.kill(w.listener)
			require.NoError(w.t, w.relay.Start())
		case "drain":
			require.NoError(w.t, w.relay.Drain())
			require.NoError(w.t, w.relay.Start())
		case "client stopped":
			w.stop(client)
		case "listener stopped":
			w.stop(w.listener)
		case "relayd stopped":
			w.relay.Signal(syscall.SIGSTOP)
			w.pauseStopped()
			w.relay.Signal(syscall.SIGCONT)
		case "stopped for long":
			name = w.stopForLong(client)
		case "few files":
			w.fewFiles()
		case "little memory":
			if w.littleMemory() {
				name = "little memory, relayd died"
			}
		case "ss -K of one":
			w.cutOne()
		case "ss -K of all":
			w.cutAll()
		}
	})
	return name
}

// size returns how many faults the form of the proof has, or for how long faults begin.
func size() (faults int, most time.Duration) {
	if form.Full {
		return 60, 10 * time.Minute
	}
	return 12, 26 * time.Second
}

package clusterproof

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/prove/form"
)

// A load is the CPU time that was used up to a moment.
type load struct {
	at      time.Time
	nodes   []time.Duration
	peers   time.Duration // of this process
	machine time.Duration // of all processes
}

func (w *world) load() (l load) {
	w.t.Helper()
	l.at = time.Now()
	for _, n := range w.nodes {
		l.nodes = append(l.nodes, n.CPUTime())
	}
	var own syscall.Rusage
	require.NoError(w.t, syscall.Getrusage(syscall.RUSAGE_SELF, &own))
	l.peers = time.Duration(own.Utime.Nano() + own.Stime.Nano())
	stat, err := os.ReadFile("/proc/stat")
	require.NoError(w.t, err)
	first, _, _ := strings.Cut(string(stat), "\n")
	for i, field := range strings.Fields(first)[1:9] {
		ticks, err := strconv.Atoi(field)
		require.NoError(w.t, err)
		if i != 3 && i != 4 { // idle, and waiting for a disk
			l.machine += time.Duration(ticks) * 10 * time.Millisecond
		}
	}
	return l
}

// measure returns what is used over some time, in CPUs, and the memory of the nodes.
func (w *world) measure(over time.Duration) string {
	w.t.Helper()
	before := w.load()
	form.Pause(w.t.Context(), over)
	after := w.load()
	cpus := func(from, to time.Duration) float64 { return float64(to-from) / float64(after.at.Sub(before.at)) }
	var text strings.Builder
	fmt.Fprintf(&text, "CPUs: %.2f of the machine, %.2f the peers", cpus(before.machine, after.machine), cpus(before.peers, after.peers))
	for i, n := range w.nodes {
		fmt.Fprintf(&text, ", %.2f and %d MiB %s", cpus(before.nodes[i], after.nodes[i]), n.Resident()>>10, n.name)
	}
	return text.String()
}

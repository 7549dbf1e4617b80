package clusterproof

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/history"
	"github.com/sebas642/intercessor/e2e/prove/form"
	"github.com/sebas642/intercessor/e2e/prove/talker"
	"github.com/sebas642/intercessor/e2e/relayproc"
)

// rules returns the rules for real time: on a busy machine an application may log late.
func rules() history.Rules {
	return history.Rules{Settle: 75 * time.Second, Skew: 2 * time.Second}
}

// restWithin is how long it may take after the last fault until all is well.
const restWithin = 100 * time.Second

// TestFaults: in several rooms servers and clients talk, and newcomers visit them, while faults
// happen. No message is lost in silence, no final code is false, and in the end each client
// reaches its server. The short form has a fixed seed. The full form has two seeds at once, each in
// a town of its own.
func TestFaults(t *testing.T) {
	if !form.Full {
		t.Parallel()
	}
	own, most, within := []string{"4001"}, 6, time.Minute // six kinds, in half a minute
	if form.Full {
		first := time.Now().UnixNano() % 1_000_000
		own, most, within = []string{fmt.Sprint(first), fmt.Sprint(first + 1)}, 150, 40*time.Minute
	}
	if given := os.Getenv("INTERCESSOR_SEED"); given != "" {
		own = []string{given}
	}
	most, err := form.Number("INTERCESSOR_FAULTS", most)
	require.NoError(t, err)
	all, begin := &total{faults: map[string]int{}, kinds: map[history.Kind]int{}}, time.Now()
	t.Run("seed", func(t *testing.T) {
		for _, seed := range own {
			t.Run(seed, func(t *testing.T) {
				t.Parallel()
				number, err := strconv.ParseUint(seed, 10, 64)
				require.NoError(t, err)
				prove(t, number, most, within, all)
			})
		}
	})
	t.Log("cluster, all seeds:", all, "time="+time.Since(begin).Round(time.Second).String())
}

// A total is what several towns have seen.
type total struct {
	mu         sync.Mutex
	faults     map[string]int
	kinds      map[history.Kind]int
	violations int
}

func (a *total) add(faults map[string]int, report *history.Report) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for name, n := range faults {
		a.faults[name] += n
	}
	for kind, n := range report.Kinds {
		a.kinds[kind] += n
	}
	a.violations += len(report.Violations)
}

func (a *total) String() string {
	sum := 0
	for _, n := range a.faults {
		sum += n
	}
	return fmt.Sprintf("faults=%d %v: %s violations=%d", sum, a.faults, talker.Tally(a.kinds), a.violations)
}

func prove(t *testing.T, seed uint64, most int, within time.Duration, all *total) {
	repeat := fmt.Sprintf("INTERCESSOR_SEED=%d go test -v -run TestFaults ./e2e/prove/clusterproof", seed)
	rooms, clients, patient, flags := 3, 2, 3*time.Second, []string(nil)
	if form.Full {
		repeat = "INTERCESSOR_PROVE=full " + repeat
		rooms, clients, patient, flags = 6, 2, 10*time.Second, []string{"-race"}
	}
	v := newTown(t, newWorld(t, relayproc.BuildClock(t, flags...), nil), rooms, clients)
	v.traffic.Go(func() { v.visit(seed) })
	random := rand.New(rand.NewPCG(seed, 5))
	count, atRest := map[string]int{}, true
	var spells []spell
	begin, done := time.Now(), 0
	for _, name := range draw(random, most) {
		if time.Since(begin) > within || t.Failed() {
			break
		}
		p := choose(random, name)
		t.Logf("%5.1f s: %v", time.Since(begin).Seconds(), p)
		s := spell{fault: p.name, from: history.Now()}
		v.happen(t.Context(), p)
		count[p.name]++
		done++
		alone := atRest
		if atRest = random.IntN(3) > 0; !atRest {
			continue // the next fault meets what is under way
		}
		healed := time.Now()
		if v.reach(patient, restWithin) {
			t.Logf("%5.1f s: at rest after %v", time.Since(begin).Seconds(), time.Since(healed).Round(time.Millisecond))
			if s.to = history.Now(); alone {
				spells = append(spells, s)
			}
		} else {
			t.Errorf("after %v not every client has reached its server within %v", p, restWithin)
		}
	}
	if !v.reach(patient, restWithin) {
		t.Errorf("after the last fault not every client has reached its server within %v", restWithin)
	}
	report := v.finish(rules(), repeat)
	all.add(count, report)
	t.Logf("cluster %s seed=%d faults=%d %v: %s violations=%d time=%v", t.Name(), seed, done, count,
		talker.Tally(report.Kinds), len(report.Violations), time.Since(begin).Round(time.Second))
	t.Log("\n" + outages(gaps(v.log.Events(), spells)))
	require.Greater(t, report.Kinds[history.Delivered], 100)
}

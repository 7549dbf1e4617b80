package clusterproof

import (
	"fmt"
	"math/rand/v2"
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
// reaches its server. The short form has a fixed seed and another one.
func TestFaults(t *testing.T) {
	seed, err := form.Number("INTERCESSOR_SEED", int(time.Now().UnixNano()%1_000_000))
	require.NoError(t, err)
	seeds := []int{1, seed}
	most, within := 6, 35*time.Second
	if form.Full {
		seeds, most, within = []int{seed}, 300, 50*time.Minute
	}
	most, err = form.Number("INTERCESSOR_FAULTS", most)
	require.NoError(t, err)
	for _, seed := range seeds {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			prove(t, uint64(seed), most, within)
		})
	}
}

func prove(t *testing.T, seed uint64, most int, within time.Duration) {
	repeat := fmt.Sprintf("INTERCESSOR_SEED=%d go test -v -run TestFaults ./e2e/prove/clusterproof", seed)
	rooms, clients, patient := 3, 2, 3*time.Second
	if form.Full {
		repeat = "INTERCESSOR_PROVE=full " + repeat
		rooms, clients, patient = 4, 2, 25*time.Second
	}
	v := newTown(t, newWorld(t, relayproc.Racing(t), nil), rooms, clients)
	v.traffic.Go(func() { v.visit(seed) })
	random := rand.New(rand.NewPCG(seed, 5))
	cards := append([]string(nil), deck...)
	count, atRest := map[string]int{}, true
	var spells []spell
	begin, done := time.Now(), 0
	for ; done < most && time.Since(begin) < within && !t.Failed(); done++ {
		if done%len(cards) == 0 {
			random.Shuffle(len(cards), func(i, j int) { cards[i], cards[j] = cards[j], cards[i] })
		}
		p := choose(random, cards[done%len(cards)])
		t.Logf("%5.1f s: %v", time.Since(begin).Seconds(), p)
		s := spell{fault: p.name, from: history.Now()}
		v.happen(t.Context(), p)
		count[p.name]++
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
	t.Logf("cluster %s seed=%d faults=%d %v: %s violations=%d time=%v", t.Name(), seed, done, count,
		talker.Tally(report.Kinds), len(report.Violations), time.Since(begin).Round(time.Second))
	t.Log("\n" + outages(gaps(v.log.Events(), spells)))
	require.Greater(t, report.Kinds[history.Delivered], 100)
}

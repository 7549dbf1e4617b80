package pathproof

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/history"
	"github.com/sebas642/intercessor/e2e/prove/form"
)

// TestSeeds runs random scripts with random faults, until there were enough changes of path with
// streams running, and for a time.
func TestSeeds(t *testing.T) {
	enough, long, most := 50, 10*time.Second, 100
	if form.Full {
		enough, long, most = 1000, 3*time.Minute, 10_000
	}
	if s := os.Getenv("INTERCESSOR_FOR"); s != "" {
		var err error
		long, err = time.ParseDuration(s)
		require.NoError(t, err, "INTERCESSOR_FOR is a duration")
		most = 10_000
	}
	single, err := form.Number("INTERCESSOR_SEED", -1)
	require.NoError(t, err)
	first := uint64(time.Now().Unix()) % 1_000_000 * 1_000
	if form.Full {
		first = 0
	}
	begin, ran, turns := time.Now(), 0, 0
	var virtual time.Duration
	kinds, faults := map[history.Kind]int{}, map[string]int{}
	for ; ran < most && (turns < enough || time.Since(begin) < long || single >= 0); ran++ {
		p := newPlan(first + uint64(ran))
		if single >= 0 {
			p = newPlan(uint64(single))
		}
		repeat := fmt.Sprintf("INTERCESSOR_SEED=%d go test -v -run TestSeeds ./e2e/prove/pathproof", p.seed)
		v := in(t, repeat, p.run)
		turns += v.turns
		virtual += v.virtual
		for kind, n := range v.report.Kinds {
			kinds[kind] += n
		}
		for _, f := range p.faults {
			faults[f.what]++
		}
		if !v.ok() {
			t.Errorf("seed %d broke the promise; to repeat it: %s\n%v", p.seed, repeat, v)
			for i := range v.events {
				if single >= 0 {
					t.Log(i, v.events[i])
				}
			}
			break
		}
	}
	if !t.Failed() && single < 0 {
		require.GreaterOrEqual(t, turns, enough)
	}
	t.Logf("L3 %s seeds=%d first=%d changes=%d %v virtual=%v time=%v faults %v", t.Name(), ran, first, turns, kinds, virtual.Round(time.Second), time.Since(begin).Round(time.Second), faults)
}

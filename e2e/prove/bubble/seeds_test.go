package bubble

import (
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/prove/form"
)

// seeds returns the first seed, the highest number of seeds, and the time to run them.
func seeds(t *testing.T) (first uint64, count int, long time.Duration) {
	first, count, long = uint64(time.Now().Unix())%1_000_000*1_000, 300, 25*time.Second
	if form.Full {
		first, count, long = 0, 10_000, 10*time.Minute
	}
	if s := os.Getenv("INTERCESSOR_FOR"); s != "" {
		var err error
		long, err = time.ParseDuration(s)
		require.NoError(t, err, "INTERCESSOR_FOR is a duration")
	}
	if s := os.Getenv("INTERCESSOR_SEED"); s != "" {
		var err error
		first, err = strconv.ParseUint(s, 10, 64)
		require.NoError(t, err, "INTERCESSOR_SEED is a number")
		count, long = 100, 5*time.Minute
	}
	return first, count, long
}

func (p plan) verdict(t *testing.T) *verdict {
	return in(t, p.repeat(), rules(), p.run)
}

func (p plan) repeat() string {
	return fmt.Sprintf("INTERCESSOR_SEED=%d go test -v -run TestSeeds ./e2e/prove/bubble", p.seed)
}

// TestSeeds runs random scripts with random faults. A single chosen seed is run many times,
// because it does not determine goroutines and back-off.
func TestSeeds(t *testing.T) {
	first, count, long := seeds(t)
	single := os.Getenv("INTERCESSOR_SEED") != ""
	begin := time.Now()
	sum := newTable()
	faults := map[string]int{}
	ran := 0
	for ; ran < count && time.Since(begin) < long; ran++ {
		p := newPlan(first + uint64(ran))
		if single {
			p = newPlan(first)
		}
		v := p.verdict(t)
		sum.add(v)
		for _, f := range p.faults {
			faults[f.what]++
		}
		if !v.ok() {
			t.Errorf("seed %d broke the promise; to repeat it: %s\n%v", p.seed, p.repeat(), v)
			shrink(t, p)
			break
		}
	}
	t.Logf("L3 %s seeds=%d first=%d %v time=%v faults %v", t.Name(), ran, first, sum, time.Since(begin).Round(time.Second), faults)
}

// shrink looks for a smaller plan that still fails: fewer faults, then fewer clients.
func shrink(t *testing.T, p plan) {
	var last *verdict
	fails := func(p plan) bool {
		for range 5 {
			if v := p.verdict(t); !v.ok() {
				last = v
				return true
			}
		}
		return false
	}
	less := func(smaller plan) bool {
		if !fails(smaller) {
			return false
		}
		p = smaller
		return true
	}
	for i := 0; i < len(p.faults); {
		smaller := p
		smaller.faults = append(append([]fault(nil), p.faults[:i]...), p.faults[i+1:]...)
		if !less(smaller) {
			i++
		}
	}
	for p.clients > 1 {
		smaller := p
		smaller.clients /= 2
		smaller.faults = append([]fault(nil), p.faults...)
		for i := range smaller.faults {
			smaller.faults[i].victim = min(smaller.faults[i].victim, smaller.clients-1)
		}
		if !less(smaller) {
			break
		}
	}
	if last != nil {
		t.Logf("it still fails with %d clients and the faults %v:\n%v", p.clients, p.faults, last)
	}
}

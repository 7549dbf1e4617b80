package relayproof

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/prove/form"
)

// TestShortOwnershipIsLinearizable: many programs use one ID concurrently, and there must be an
// order of their operations in which each result follows the rules. The seed determines the
// programs' decisions, but not their timing, so one seed is run many times to repeat a failure.
func TestShortOwnershipIsLinearizable(t *testing.T) {
	t.Parallel()
	within := 3 * time.Second
	if form.Full {
		within = time.Minute
	}
	given, err := form.Number("INTERCESSOR_SEED", -1)
	require.NoError(t, err)
	first, more := uint64(given), uint64(0)
	if given < 0 {
		first, more = uint64(time.Now().UnixNano()%1_000_000_000), 1
	}
	model, sums, rounds, seed := ownerModel(), map[string]int{}, 0, first
	for begin := time.Now(); time.Since(begin) < within && !t.Failed(); seed += more {
		ops := compete(t, seed)
		judge(t, model, ops, seed)
		for _, op := range ops {
			sums[fmt.Sprintf("%s: %v", op.Input.(deed).kind, op.Output)]++
		}
		rounds++
	}
	t.Logf("%d rounds from seed %d: %v", rounds, first, sums)
	if t.Failed() {
		return
	}
	for _, often := range []string{"claim: done", "resume: done", "resume: closed with 4503", "resume: not observed", "lost: closed with 4503", "release: done", "use: done", "heard: done"} {
		require.Greater(t, sums[often], rounds, "too little of it to prove anything: %s", often)
	}
}

// judge checks a history, and prints an impossible one.
func judge(t *testing.T, model porcupine.Model, ops []porcupine.Operation, seed uint64) {
	t.Helper()
	for _, part := range model.Partition(ops) {
		verdict, info := porcupine.CheckOperationsVerbose(model, part, form.Patience())
		if verdict == porcupine.Ok {
			continue
		}
		what := "broken C8: in no order of these can the ID have had one owner at a time, that of the highest order"
		if verdict == porcupine.Unknown {
			what = fmt.Sprintf("a history of %d operations could not be checked in %v", len(part), form.Patience())
		}
		t.Errorf("%s; to repeat it: INTERCESSOR_SEED=%d go test -v -run TestShortOwnership ./e2e/prove/relayproof", what, seed)
		slices.SortFunc(part, func(a, b porcupine.Operation) int { return cmp.Compare(a.Call, b.Call) })
		for _, op := range part {
			t.Logf("%12v to %12v  %v → %v", time.Duration(op.Call), time.Duration(op.Return), op.Input, op.Output)
		}
		picture := filepath.Join(t.ArtifactDir(), fmt.Sprintf("owner-%d.html", seed))
		require.NoError(t, porcupine.VisualizePath(model, info, picture))
		t.Logf("a picture of it, kept with -artifacts: %s", picture)
	}
}

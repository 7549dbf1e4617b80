package sdkproof

import (
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/history"
	"github.com/sebas642/intercessor/e2e/prove/daemon"
	"github.com/sebas642/intercessor/e2e/prove/form"
)

// build is relayd's, in a folder for what one run makes.
var build *daemon.Build

func TestMain(m *testing.M) {
	os.Exit(func() int {
		folder, err := os.MkdirTemp("", "intercessor-prove-")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(folder)
		build = daemon.NewBuild(folder)
		var log history.Log
		measure(&log, "before")
		code := m.Run()
		var report *history.Report
		if !form.Within(5*time.Second, func() bool { // the last ones may still be ending
			measure(&log, "after")
			report = history.Check(log.Events(), history.Rules{})
			return report.OK()
		}) {
			fmt.Print(report)
			_ = pprof.Lookup("goroutine").WriteTo(os.Stdout, 1)
			return 1
		}
		return code
	}())
}

// measure logs the goroutines of this process (C12).
func measure(log *history.Log, when string) {
	log.Add(history.Event{Kind: history.Measure, Name: "goroutines", Value: float64(runtime.NumGoroutine()), Reason: when})
}

// newRelayd starts the daemon, and ends it with the test.
func newRelayd(t testing.TB) *daemon.Relayd {
	relay := daemon.New(build, t.TempDir())
	t.Cleanup(func() {
		relay.Kill()
		if t.Failed() || relay.Raced() {
			t.Errorf("the end of relayd's log:\n%s", relay.Logs())
		}
	})
	require.NoError(t, relay.Start())
	return relay
}

package sdkproof

import (
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"testing"
	"time"

	"github.com/sebas642/intercessor/e2e/history"
	"github.com/sebas642/intercessor/e2e/prove/form"
	"github.com/sebas642/intercessor/e2e/relayproc"
)

func TestMain(m *testing.M) {
	var log history.Log
	measure(&log, "before")
	code := relayproc.Main(m)
	var report *history.Report
	if !form.Within(30*time.Second, func() bool { // the last connections may still be ending
		measure(&log, "after")
		report = history.Check(log.Events(), history.Rules{})
		return report.OK()
	}) {
		fmt.Print(report)
		_ = pprof.Lookup("goroutine").WriteTo(os.Stdout, 1)
		code = 1
	}
	os.Exit(code)
}

// measure logs the goroutines of this process (C12).
func measure(log *history.Log, when string) {
	log.Add(history.Event{Kind: history.Measure, Name: "goroutines", Value: float64(runtime.NumGoroutine()), Reason: when})
}

// newRelayd starts relayd, and ends it with the test.
func newRelayd(t testing.TB) *relayproc.Relay {
	return relayproc.StartBinary(t, relayproc.Racing(t), "--drain", "2s")
}

package doctor_test

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/doctor"
)

func reported() *doctor.Report {
	return &doctor.Report{URL: "https://relay.test", Steps: []doctor.Result{
		{Step: "dns", Status: doctor.OK, Took: 12 * time.Millisecond, Facts: "relay.test is 192.0.2.7"},
		{Step: "tcp", Status: doctor.Failed, Took: 5 * time.Second, Facts: "what was found", Cause: "the cause", Advice: "the advice"},
		{Step: "data channel", Status: doctor.Skipped, Cause: "it needs the step tcp"},
	}}
}

func TestAReportForAPerson(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	printer := doctor.NewPrinter(&out)
	for _, result := range reported().Steps {
		printer.Result(result)
	}
	printer.Summary(reported())
	require.Equal(t, `✓ dns            12 ms  relay.test is 192.0.2.7
✗ tcp            5.0 s  what was found
      the cause
      → the advice
- data channel          it needs the step tcp
https://relay.test: 1 of 3 steps passed, 1 failed, 1 not tried.
`, out.String())
}

func TestAReportForAMonitor(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.NoError(t, reported().WriteJSON(&out))
	var read struct {
		URL   string
		OK    bool
		Steps []struct {
			Step, Status, Cause, Advice string
			MS                          float64
		}
	}
	require.NoError(t, json.Unmarshal(out.Bytes(), &read))
	require.False(t, read.OK)
	require.Len(t, read.Steps, 3)
	require.InDelta(t, 12, read.Steps[0].MS, 0)
	require.Equal(t, "failed the cause the advice", read.Steps[1].Status+" "+read.Steps[1].Cause+" "+read.Steps[1].Advice)
}

func TestExitCodes(t *testing.T) {
	t.Parallel()
	for want, statuses := range map[int][]doctor.Status{0: {doctor.OK, doctor.OK}, 1: {doctor.OK, doctor.Skipped, doctor.Failed}, 2: {doctor.OK, doctor.Skipped}} {
		var r doctor.Report
		for _, status := range statuses {
			r.Steps = append(r.Steps, doctor.Result{Status: status})
		}
		require.Equal(t, want, r.Exit())
	}
}

package report_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/cmd/internal/report"
)

func sample() report.Result {
	r := report.Result{Title: "relay: 3 pairs"}
	r.Add("pairs", "", 3, "")
	r.Add("messages_per_second", "messages a second", 12345.6, "")
	r.MicrosEach("cpu_us_per_message", "CPU time of a message", 3*time.Millisecond, 8)
	r.Micros("room_us_p50", "p50", 1500*time.Nanosecond)
	r.Millis("gap_ms", "longest gap", 123456*time.Microsecond)
	r.Add("", "resident memory", 2.0, "MiB")
	return r
}

func TestATableIsForPeople(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, report.Report{To: &out, Mode: "relay"}.Print(sample()))
	require.Equal(t, `relay: 3 pairs
  messages a second                        12346
  CPU time of a message                    375.0 µs
  p50                                       1.50 µs
  longest gap                              123.5 ms
  resident memory                           2.00 MiB
`, out.String())
}

func TestALineOfJSONHasEveryDigitAndKeepsItsOrder(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, report.Report{To: &out, JSON: true, Mode: "relay"}.Print(sample()))
	require.Equal(t, `{"mode":"relay","pairs":3,"messages_per_second":12345.6,"cpu_us_per_message":375,"room_us_p50":1.5,"gap_ms":123.456}`+"\n", out.String())
}

func TestNothingIsDividedAmongNone(t *testing.T) {
	require.Equal(t, 7.0, report.MicrosEach(7*time.Microsecond, 0))
}

func TestTheMedianIsInTheMiddle(t *testing.T) {
	require.Equal(t, 3.0, report.Median([]float64{9, 3, 1}))
	require.Equal(t, 2.5, report.Median([]float64{4, 1, 3, 2}))
}

//go:build linux

package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/cmd/internal/command/commandtest"
	"github.com/sebas642/intercessor/e2e/cmd/internal/relayd"
)

func TestMain(m *testing.M) { commandtest.Main(m, linkbench) }

// Silence is not among them: the SDK finds it after 30 seconds.
func TestEveryModeMeasuresRealPeers(t *testing.T) {
	relayd, err := relayd.Build(t.Context(), t.TempDir())
	require.NoError(t, err)

	for _, test := range []struct {
		mode     string
		args     string
		lines    int
		positive string // figures of the last line
		zero     string
	}{
		{"recover", "--kind rst,kill --cuts 4 --pairs 2 --warmup 100ms", 2,
			"cuts recover_ms_p50 recover_ms_p99 away_ms_p50 messages", "lost repeated reordered not_delivered"},
		{"recover", "--kind drain --cuts 2 --warmup 100ms", 1,
			"recover_ms_max away_ms_p99 messages", "lost repeated reordered not_delivered"},
		{"stream", "--pairs 1,3 --rounds 2 --for 200ms --warmup 50ms", 6,
			"base_messages_per_second_median messages_per_second_ratio_min relay_cpu_us_per_message_ratio_median own_cpu_us_per_message_ratio_max link_acks_per_message", ""},
		{"goodput", "--for 700ms --warmup 300ms", 4, "bytes_per_second round_trip_ms longest_gap_ms", ""},
		{"listen", "--clients 20 --for 300ms", 1,
			"rss_bytes_alone rss_bytes_idle rss_bytes_sending messages_per_second", ""},
	} {
		t.Run(test.mode+" "+test.args, func(t *testing.T) {
			t.Parallel()
			args := append([]string{test.mode, "--json", "--relayd", relayd}, strings.Fields(test.args)...)
			last := commandtest.Measure(t, linkbench, test.lines, append(args, "--", "--drain", "100ms")...)
			for key := range strings.FieldsSeq(test.positive) {
				require.Greater(t, last[key], 0.0, "%s of %v", key, last)
			}
			for key := range strings.FieldsSeq(test.zero) {
				require.Equal(t, 0.0, last[key], "%s of %v", key, last)
			}
		})
	}
}

func TestAWrongCallIsToldWhatIsWrong(t *testing.T) {
	commandtest.Fails(t, linkbench, 2, map[string]string{
		"listen --cliens 3":   "flag provided but not defined: -cliens",
		"listen --clients 0":  "--clients is 0 and must be from 1 to",
		"stream --pairs 1,x":  "it must be a number from 1 to 10000",
		"recover --pairs 1,2": "it must be a number from 1 to 10000",
		"recover --kind rest": `there is no kind "rest", but rst, silence, kill, drain`,
		"goodput --for 1ms":   "--for is 1ms and must be at least 10ms",
		"stream --warmup -1s": "--warmup is -1s and must not be negative",
	})
}

func TestAFailureIsASentence(t *testing.T) {
	commandtest.Fails(t, linkbench, 1, map[string]string{
		"stream --relayd /nowhere/relayd":                  "cannot start /nowhere/relayd",
		"stream --relayd /bin/false":                       "the relay ended before it listened",
		"listen --clients 1000000 --relayd /bin/false":     "raise it (ulimit -Hn), or ask for fewer peers",
		"recover --kind kill --cuts 1 --relayd /bin/false": "kill: the relay ended before it listened",
	})
}

func TestHelpExplainsEveryMode(t *testing.T) { commandtest.Explains(t, linkbench) }

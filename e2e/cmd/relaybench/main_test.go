//go:build linux

package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/cmd/internal/command/commandtest"
	"github.com/sebas642/intercessor/e2e/cmd/internal/relayd"
)

func TestMain(m *testing.M) { commandtest.Main(m, relaybench) }

func TestEveryModeMeasuresARealRelay(t *testing.T) {
	relayd, err := relayd.Build(t.Context(), t.TempDir())
	require.NoError(t, err)

	for _, test := range []struct {
		mode     string
		args     string
		lines    int
		positive string // figures of the last line
	}{
		{"relay", "--pairs 3 --window 4 --size 2000", 1, "messages_per_second cpu_us_per_message load_cpu_us_per_message half_round_trip_us_p50 half_round_trip_us_p999"},
		{"relay", "--pairs 3 --window 8 --size 20000 --bursts", 1, "messages_per_second cpu_us_per_message"},
		{"rate", "--pairs 3 --rate 1000", 2, "messages_per_second cpu_us_per_message half_round_trip_us_p99"},
		{"rate", "--pairs 3 --rate half", 2, "messages_per_second half_round_trip_us_p99"},
		{"fan", "--clients 9 --window 2", 1, "messages_per_second cpu_us_per_message half_round_trip_us_p50"},
		{"churn", "--parallel 4", 1, "rooms_per_second cpu_us_per_peer room_us_p50"},
		{"idle", "--peers 20 --clients-per-room 3 --parallel 5", 1, "connects_per_second cpu_us_per_connect rss_bytes"},
		{"idle", "--tls --peers 20 --clients-per-room 3 --parallel 5", 1, "connects_per_second cpu_us_per_connect rss_bytes"},
		{"compare", "--pairs 2 --rounds 2", 3, "forwarder_cpu_us_per_message_median relay_cpu_us_per_message_median ratio_min ratio_median ratio_max"},
		{"compare", "--pairs 2 --rounds 1 --against " + relayd, 2, "against_cpu_us_per_message_median ratio_median"},
		{"compare", "--pairs 2 --rounds 1 --v1", 2, "base_cpu_us_per_message_median ratio_median"},
		{"limit", "--pairs 3", 1, "messages_per_second cpu_us_per_message"},
	} {
		t.Run(test.mode+" "+test.args, func(t *testing.T) {
			args := append([]string{test.mode, "--json", "--pin=false", "--for", "300ms"}, strings.Fields(test.args)...)
			if test.mode != "idle" {
				args = append(args, "--warmup", "100ms")
			}
			if test.mode != "limit" {
				args = append(args, "--relayd", relayd, "--", "--log-level", "warn")
			}
			last := commandtest.Measure(t, relaybench, test.lines, args...)
			for key := range strings.FieldsSeq(test.positive) {
				require.Greater(t, last[key], 0.0, "%s of %v", key, last)
			}
		})
	}
}

func TestAWrongCallIsToldWhatIsWrong(t *testing.T) {
	commandtest.Fails(t, relaybench, 2, map[string]string{
		"limit -- --log-level warn":       `"--log-level" is no flag`,
		"relay --pairs 0":                 "--pairs is 0 and must be from 1 to",
		"relay --size 65537":              "--size is 65537 and must be from 1 to 65536",
		"relay --for 1ms":                 "--for is 1ms and must be at least 10ms",
		"rate --rate many":                `--rate is "many" and must be`,
		"relay --url http://127.0.0.1":    "--url is \"http://127.0.0.1\" and must be as ws://",
		"relay --pid 1":                   "--pid goes with --url",
		"relay --url ws://h --relayd x":   "give one of them",
		"compare --url ws://127.0.0.1:1":  "--url needs --pid",
		"compare --for 1m":                "must be at most 20s",
		"idle --clients-per-room 0":       "--clients-per-room is 0",
		"idle --tls --url ws://127.0.0.1": "--tls starts a relay with a certificate",
		"relay --tls":                     "flag provided but not defined: -tls",
	})
}

func TestAFailureIsASentence(t *testing.T) {
	page := httptest.NewServer(http.NotFoundHandler())
	defer page.Close()
	address := page.Listener.Addr().String()
	commandtest.Fails(t, relaybench, 1, map[string]string{
		"relay --pin=false --url ws://" + address:                               "is this a relay?",
		"relay --pin=false --url ws://127.0.0.1:1":                              "cannot connect to 127.0.0.1:1",
		"relay --pin=false --relayd /nowhere/relayd":                            "cannot start /nowhere/relayd",
		"relay --pin=false --relayd /bin/false":                                 "the relay ended before it listened",
		"idle --peers 10000000":                                                 "raise it (ulimit -Hn), or ask for fewer peers",
		fmt.Sprintf("relay --pin=false --url ws://%s --pid %d", address, 1<<22): "does it run on this machine?",
	})
}

func TestHelpExplainsEveryMode(t *testing.T) { commandtest.Explains(t, relaybench) }

//go:build linux

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestMain is the forwarder, or the relay with TLS, where this program starts
// itself as that.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && (os.Args[1] == forwarderMode || os.Args[1] == tlsRelayMode) {
		os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// result is what a call gives.
type called struct {
	code   int
	lines  []map[string]any // of JSON
	stderr string
}

func call(args ...string) called {
	var stdout, stderr bytes.Buffer
	c := called{code: run(args, &stdout, &stderr)}
	c.stderr = stderr.String()
	for line := range strings.Lines(stdout.String()) {
		figures := map[string]any{}
		if json.Unmarshal([]byte(line), &figures) == nil {
			c.lines = append(c.lines, figures)
		}
	}
	return c
}

func TestEveryModeMeasuresARealRelay(t *testing.T) {
	relayd := filepath.Join(t.TempDir(), "relayd")
	out, err := exec.Command("go", "build", "-o", relayd, "github.com/sebas642/intercessor/relayd").CombinedOutput()
	require.NoError(t, err, "%s", out)

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
			if test.mode != "limit" && !strings.Contains(test.args, "--tls") {
				args = append(args, "--relayd", relayd, "--", "--log-level", "warn")
			}
			c := call(args...)
			require.Zero(t, c.code, c.stderr)
			require.Len(t, c.lines, test.lines)
			last := c.lines[test.lines-1]
			require.Equal(t, test.mode, last["mode"])
			for key := range strings.FieldsSeq(test.positive) {
				require.Greater(t, last[key], 0.0, "%s of %v", key, last)
			}
		})
	}
}

func TestAWrongCallIsToldWhatIsWrong(t *testing.T) {
	for args, sentence := range map[string]string{
		"":                                "a mode is missing",
		"measure":                         `unknown mode "measure"`,
		"help measure":                    `there is no mode "measure"`,
		"relay --pears 3":                 "flag provided but not defined: -pears",
		"relay now":                       `"now" is no flag`,
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
		"idle --tls --url ws://127.0.0.1": "--tls measures a relay that relaybench is itself",
		"idle --tls --relayd x":           "give one of them",
		"idle --tls -- --log-level warn":  "give one of them",
		"relay --tls":                     "flag provided but not defined: -tls",
	} {
		c := call(strings.Fields(args)...)
		require.Equal(t, 2, c.code, args)
		require.Contains(t, c.stderr, sentence, args)
		require.Contains(t, c.stderr, "relaybench", args)
	}
}

func TestAFailureIsASentence(t *testing.T) {
	page := httptest.NewServer(http.NotFoundHandler())
	defer page.Close()
	for args, sentence := range map[string]string{
		"relay --url ws://" + page.Listener.Addr().String():                      "is this a relay?",
		"relay --url ws://127.0.0.1:1":                                           "cannot connect to 127.0.0.1:1",
		"relay --relayd /nowhere/relayd":                                         "cannot start /nowhere/relayd",
		"relay --relayd /bin/false":                                              "the relay ended before it listened",
		fmt.Sprintf("relay --url ws://%s --pid %d", page.Listener.Addr(), 1<<22): "does it run on this machine?",
	} {
		c := call(append(strings.Fields(args), "--pin=false")...)
		require.Equal(t, 1, c.code, args)
		require.Contains(t, c.stderr, sentence, args)
	}
}

func TestTheLimitOfOpenFilesIsCheckedFirst(t *testing.T) {
	require.NoError(t, checkFiles(2))
	require.ErrorContains(t, checkFiles(1<<40), "raise it (ulimit -Hn), or ask for fewer peers")
}

func TestHelpExplainsEveryMode(t *testing.T) {
	var stdout, stderr bytes.Buffer
	require.Zero(t, run([]string{"help"}, &stdout, &stderr))
	for _, m := range modes {
		require.Contains(t, stdout.String(), m.name+" ")
		require.Zero(t, run([]string{"help", m.name}, &stdout, &stderr))
		require.Zero(t, run([]string{m.name, "-h"}, &stdout, &stderr))
		require.Contains(t, stdout.String(), "relaybench "+m.name+": "+m.about)
	}
	require.Empty(t, stderr.String())
}

//go:build linux

package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gobwas/ws"
	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/cmd/internal/bench/benchtest"
	"github.com/sebas642/intercessor/protocol"
)

func TestMain(m *testing.M) { benchtest.Main(m, relaybench) }

func TestEveryModeMeasuresARealRelay(t *testing.T) {
	relayd := benchtest.Relayd(t)
	for _, test := range []struct {
		args     string
		results  int
		positive string // figures of the last result
	}{
		{"relay --pairs 3 --window 4 --size 2000 --warmup 100ms", 1, "messages_per_second cpu_us_per_message load_cpu_us_per_message half_round_trip_us_p50 half_round_trip_us_p999"},
		{"relay --pairs 2 --window 8 --size 20000", 1, "messages_per_second cpu_us_per_message"},
		{"rate --pairs 3 --rate 1000 --warmup 100ms", 2, "messages_per_second cpu_us_per_message half_round_trip_us_p99"},
		{"rate --pairs 3 --warmup 100ms", 2, "messages_per_second half_round_trip_us_p99"},
		{"fan --clients 9 --window 2", 1, "messages_per_second cpu_us_per_message half_round_trip_us_p50"},
		{"churn", 1, "rooms_per_second cpu_us_per_peer room_us_p50"},
		{"idle --peers 21", 1, "connects_per_second cpu_us_per_connect rss_bytes"},
		{"idle --tls --peers 20", 1, "connects_per_second cpu_us_per_connect rss_bytes"},
		{"compare --pairs 2 --rounds 2 --warmup 100ms", 1, "forwarder_cpu_us_per_message_median relay_cpu_us_per_message_median ratio_min ratio_median ratio_max"},
		{"compare --pairs 2 --rounds 1 --against " + relayd, 1, "against_cpu_us_per_message_median ratio_median"},
		{"compare --pairs 2 --rounds 1 --v1", 1, "base_cpu_us_per_message_median ratio_median"},
		{"limit --pairs 3", 1, "messages_per_second cpu_us_per_message"},
	} {
		t.Run(test.args, func(t *testing.T) {
			args := append(strings.Fields(test.args), "--json", "--pin=false", "--for", "500ms", "--relayd", relayd, "--", "--log-level", "warn")
			benchtest.Measure(t, relaybench, test.results, test.positive, "", args...)
		})
	}
}

func TestAWrongCallIsToldWhatIsWrong(t *testing.T) {
	benchtest.Fails(t, relaybench, 2, map[string]string{
		"relay --pairs 0":              "--pairs is 0, which is too little",
		"rate --rate many":             `--rate is "many" and must be`,
		"compare --pin=false --for 1m": "must be at most 20s",
		"relay --tls":                  "unknown flag: --tls",
		"limit --pin=false --size 95":  "--size is 95 and must be from 96 to 65536",
	})
}

func TestAFailureIsASentence(t *testing.T) {
	benchtest.Fails(t, relaybench, 1, map[string]string{
		"relay --pin=false --relayd /nowhere/relayd": "cannot start /nowhere/relayd",
		"relay --pin=false --relayd /bin/false":      "the relay ended before it listened",
	})
	page := httptest.NewServer(http.NotFoundHandler())
	defer page.Close()
	_, err := (&target{scheme: "ws", address: page.Listener.Addr().String()}).connect("/server")
	require.ErrorContains(t, err, "is this a relay?")
}

func TestHelpExplainsEveryMode(t *testing.T) { benchtest.Explains(t, relaybench) }

func TestAFrameIsCutWhenItIsWhole(t *testing.T) {
	for _, length := range []int{0, 1, 125, 126, 65535, 65536} {
		whole := frame(ws.OpText, bytes.Repeat([]byte("a"), length))
		for _, missing := range []int{1, len(whole) / 2, len(whole) - 1, len(whole)} {
			_, _, size, err := cutFrame(whole[:len(whole)-missing])
			require.NoError(t, err)
			require.Zero(t, size, "%d bytes, %d missing", length, missing)
		}
		op, payload, size, err := cutFrame(append(whole, "next"...))
		require.NoError(t, err)
		require.Equal(t, ws.OpText, op)
		require.Len(t, payload, length)
		require.Equal(t, len(whole), size)
	}
}

func TestAMessageHasTheSizeAskedForAndIsRight(t *testing.T) {
	for size := 200; size < 2500; size++ {
		text, err := message("00000000-0000-0000-0000-000000000000", size, size%2 == 0)
		require.NoError(t, err)
		require.Len(t, text, size)
		_, err = protocol.ParseEnvelopeV1(text)
		require.NoError(t, err, "%s", text)
	}
}

//go:build linux

package main

import (
	"net"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/cmd/internal/bench/benchtest"
)

func TestMain(m *testing.M) { benchtest.Main(m, linkbench) }

// The kind silence is left out, because the SDK takes 30 seconds to notice it.
func TestEveryModeMeasuresRealPeers(t *testing.T) {
	relayd := benchtest.Relayd(t)
	for _, test := range []struct {
		args           string
		results        int
		positive, zero string // figures of the last result
	}{
		{"recover --kind rst,kill --cuts 4 --pairs 2 --warmup 100ms", 2,
			"cuts recover_ms_p50 recover_ms_p99 away_ms_p50 messages", "lost repeated reordered not_delivered"},
		{"recover --kind drain --cuts 2 --warmup 100ms", 1,
			"recover_ms_max away_ms_p99 messages", "lost repeated reordered not_delivered"},
		{"stream --pairs 1,3 --rounds 2 --for 1s --warmup 50ms", 2,
			"base_messages_per_second_median messages_per_second_ratio_min relay_cpu_us_per_message_ratio_median own_cpu_us_per_message_ratio_max link_acks_per_message", ""},
		{"cost --size 1000,60000 --rounds 2 --for 1s --warmup 50ms", 2,
			"size window raw_own_cpu_s_per_gb_median own_cpu_s_per_gb_ratio_max relay_cpu_s_per_gb_ratio_min linked_mb_per_second_median", ""},
		{"streams --rounds 2 --for 3s --warmup 50ms", 3,
			"other_mb_per_second_median stream_mb_per_second_median mb_per_second_ratio_min stream_own_cpu_s_per_gb_median", ""},
		{"pipe --rounds 2 --for 1s --warmup 50ms", 2, "stream_mb_per_second_median pipe_mb_per_second_median mb_per_second_ratio_min", ""},
		{"goodput --for 1s --warmup 300ms", 4, "bytes_per_second round_trip_ms longest_gap_ms", ""},
		{"listen --clients 20 --direct 3 --for 300ms", 1,
			"rss_bytes_alone rss_bytes_idle rss_bytes_sending messages_per_second descriptors_direct goroutines_direct", ""},
	} {
		t.Run(test.args, func(t *testing.T) {
			t.Parallel()
			args := append(strings.Fields(test.args), "--json", "--relayd", relayd, "--", "--drain", "100ms")
			benchtest.Measure(t, linkbench, test.results, test.positive, test.zero, args...)
		})
	}
}

// TestModesWithACable runs itself again in a user namespace if it is not called by root.
func TestModesWithACable(t *testing.T) {
	if os.Getuid() != 0 {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
		cmd.SysProcAttr = &syscall.SysProcAttr{
			Cloneflags: syscall.CLONE_NEWUSER, UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}, Pdeathsig: syscall.SIGKILL,
		}
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
		return
	}
	relayd := benchtest.Relayd(t)
	for _, test := range []struct {
		args           string
		results        int
		positive, zero string // figures of the last result
	}{
		{"line --rounds 1 --round-trip 10ms --loss 1 --for 3s --warmup 100ms", 2,
			"other_mbit_per_second_median stream_mbit_per_second_median mbit_per_second_ratio_min", ""},
	} {
		t.Run(test.args, func(t *testing.T) {
			t.Parallel()
			args := append(strings.Fields(test.args), "--json", "--relayd", relayd)
			benchtest.Measure(t, linkbench, test.results, test.positive, test.zero, args...)
		})
	}
}

func TestAWrongCallIsToldWhatIsWrong(t *testing.T) {
	benchtest.Fails(t, linkbench, 2, map[string]string{
		"listen --cliens 3":   "unknown flag: --cliens",
		"listen --clients 0":  "--clients is 0, which is too little",
		"stream --pairs 1,x":  `invalid argument "1,x" for "--pairs" flag`,
		"cost --size 70000":   "does not fit into one frame",
		"recover --kind rest": `there is no kind "rest"`,
		"stream --warmup -1s": "--warmup is -1s, which is too little",
	})
}

func TestAFailureIsASentence(t *testing.T) {
	benchtest.Fails(t, linkbench, 1, map[string]string{
		"stream --relayd /nowhere/relayd":      "cannot start /nowhere/relayd",
		"recover --cuts 1 --relayd /bin/false": "the relay ended before it listened",
	})
}

func TestHelpExplainsEveryMode(t *testing.T) { benchtest.Explains(t, linkbench) }

func TestWhatIsLostRepeatedOrReorderedIsCounted(t *testing.T) {
	for _, test := range []struct {
		name                      string
		came                      []int
		lost, repeated, reordered int
	}{
		{"as it should be", []int{0, 1, 2, 3, 4}, 0, 0, 0},
		{"one is lost", []int{0, 1, 3, 4}, 1, 0, 0},
		{"the last are lost", []int{0, 1}, 3, 0, 0},
		{"one comes twice", []int{0, 1, 1, 2, 3, 4}, 0, 1, 0},
		{"one comes late", []int{0, 2, 3, 1, 4}, 0, 0, 1},
		{"one comes late, and again", []int{0, 2, 3, 1, 4, 1}, 0, 1, 1},
	} {
		c, talk := new(crowd), &talk{sent: 5, seen: map[int]bool{}}
		for _, n := range test.came {
			c.received(talk, n, time.Time{}, time.Time{})
		}
		c.count(talk)
		require.Equal(t, tally{sent: 5, lost: test.lost, repeated: test.repeated, reordered: test.reordered}, c.tally, test.name)
	}
}

// pieces is a connection that returns a text in pieces.
type pieces struct {
	net.Conn
	left string
	size int
}

func (p *pieces) Read(b []byte) (int, error) {
	n := copy(b[:min(p.size, len(b))], p.left)
	p.left = p.left[n:]
	return n, nil
}

func TestAcknowledgementsAreCountedHoweverTheyAreCut(t *testing.T) {
	const text = `{"type":"LINK_ACK"}{"type":"chat","message":"LINK_LINK_ACK"}LINK_AC.K{"type":"LINK_ACKLINK_ACK"}`
	for size := 1; size <= len(text); size++ {
		var acks atomic.Int64
		c := &counted{Conn: &pieces{left: text, size: size}, acks: &acks}
		for range len(text) {
			_, err := c.Read(make([]byte, len(text)))
			require.NoError(t, err)
		}
		require.EqualValues(t, strings.Count(text, "LINK_ACK"), acks.Load(), "in pieces of %d", size)
	}
}

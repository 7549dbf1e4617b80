package relay_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// The cases of the Autobahn TestSuite for WebSocket, without those of compression,
// under its numbers. Bytes, sizes and expectations are those of its definitions,
// github.com/crossbario/autobahn-testsuite, autobahntestsuite/autobahntestsuite/case,
// read case by case; the code and the words are ours. The peer is an echo on
// package wsconn, as the relay uses it: the handshake, frames, UTF-8, control frames and the
// closing handshake are what relayd ships. Other than in a relay, messages are longer than
// 64 KiB (7.1.6, 9), and binary (1.2, 9.2, 9.4, 9.6, 9.8), which a relay closes with 1003
// (B20). So does an echo of texts: it is sent the cases 1.2 as well.

// A verdict is the suite's word for how a case ended.
type verdict string

const (
	ok            verdict = "OK"
	nonStrict     verdict = "NON-STRICT"
	informational verdict = "INFORMATIONAL"
	failed        verdict = "FAILED"
)

// notOK are the cases that cannot or do not end with OK, each with the reason.
var notOK = map[string]struct {
	verdict verdict
	reason  string
}{
	"7.1.6":  {informational, "the suite leaves open what is echoed before the close; here all of it is"},
	"7.13.1": {informational, "the suite leaves open what close code 5000 does; here it is answered with 1002"},
	"7.13.2": {informational, "the suite leaves open what close code 65535 does; here it is answered with 1002"},
}

// autobahnGroups are the suite's groups and how many cases each has.
var autobahnGroups = []struct {
	name  string
	cases int
}{
	{"1.1", 8}, {"1.2", 8}, {"2", 11}, {"3", 7}, {"4.1", 5}, {"4.2", 5}, {"5", 20},
	{"6.1", 3}, {"6.2", 4}, {"6.3", 2}, {"6.4", 4}, {"6.5", 5}, {"6.6", 11}, {"6.7", 4}, {"6.8", 2}, {"6.9", 4},
	{"6.10", 3}, {"6.11", 5}, {"6.12", 8}, {"6.13", 5}, {"6.14", 10}, {"6.15", 1}, {"6.16", 3}, {"6.17", 5},
	{"6.18", 5}, {"6.19", 5}, {"6.20", 7}, {"6.21", 8}, {"6.22", 34}, {"6.23", 7},
	{"7.1", 6}, {"7.3", 6}, {"7.5", 1}, {"7.7", 13}, {"7.9", 9}, {"7.13", 2},
	{"9.1", 6}, {"9.2", 6}, {"9.3", 9}, {"9.4", 9}, {"9.5", 6}, {"9.6", 6}, {"9.7", 6}, {"9.8", 6}, {"10.1", 1},
}

func autobahnCases() []autobahnCase {
	return slices.Concat(framingCases(), controlCases(), fragmentCases(), textCases(), closeCases(), sizeCases())
}

// TestAutobahnTableIsWhole: each number of the suite stands in the table once.
func TestAutobahnTableIsWhole(t *testing.T) {
	var want, got []string
	for _, g := range autobahnGroups {
		for i := range g.cases {
			want = append(want, fmt.Sprintf("%s.%d", g.name, i+1))
		}
	}
	for _, c := range autobahnCases() {
		got = append(got, c.number)
	}
	require.Equal(t, want, got)
	require.Len(t, got, 301)
	text := slices.DeleteFunc(got, func(number string) bool { return !strings.HasPrefix(number, "6.") })
	require.Len(t, text, 145)
}

func TestAutobahn(t *testing.T) {
	text, binary := echoWorld(t, false), echoWorld(t, true)
	var mu sync.Mutex
	verdicts := map[verdict]int{}
	t.Run("case", func(t *testing.T) {
		for _, c := range autobahnCases() {
			t.Run(c.number, func(t *testing.T) {
				t.Parallel()
				w := text
				if c.binary {
					w = binary
				}
				got, why := c.play(w).judge()
				want, known := notOK[c.number]
				if !known {
					want.verdict = ok
				}
				t.Log(c.number, got, want.reason, why)
				require.Equal(t, want.verdict, got, why)
				mu.Lock()
				defer mu.Unlock()
				verdicts[got]++
			})
		}
	})
	t.Run("binary to a relay of texts", func(t *testing.T) {
		for _, c := range autobahnCases() {
			if strings.HasPrefix(c.number, "1.2.") {
				t.Run(c.number, func(t *testing.T) {
					t.Parallel()
					c.want, c.ends, c.codes, c.unclean = nil, byRelay, []uint16{1003}, true
					got, why := c.play(text).judge()
					require.Equal(t, ok, got, why)
				})
			}
		}
	})
	total := 0
	for n := range maps.Values(verdicts) {
		total += n
	}
	t.Logf("%d cases: %d OK, %d non-strict, %d informational, %d failed",
		total, verdicts[ok], verdicts[nonStrict], verdicts[informational], verdicts[failed])
}

// echoWorld is a relay that echoes what the suite sends: up to 16 MiB.
func echoWorld(t *testing.T, binary bool) *world {
	const longest = 16 << 20
	return &world{url: newEchoes(t, longest, binary), t: t}
}

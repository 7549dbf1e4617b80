//go:build linux

package bench_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/cmd/internal/bench"
	"github.com/sebas642/intercessor/e2e/cmd/internal/bench/benchtest"
)

func TestMain(m *testing.M) { benchtest.Main(m, scale(nil)) }

// scale returns a command with one mode, which calls weigh.
func scale(weigh func(*bench.Run)) bench.Command {
	return bench.Command{
		Name:  "scale",
		Usage: "scale can weigh",
		Modes: map[string]bench.Mode{"weigh": func(flags *pflag.FlagSet) func(*bench.Run) {
			things := flags.Int("things", 2, "how many")
			flags.Duration("for", time.Second, "how long")
			return func(r *bench.Run) {
				if weigh != nil {
					weigh(r)
				}
				res := bench.NewResult(fmt.Sprint(r.Args), "grams", 12345.6)
				res.Add("things", "things", *things, "")
				res.Micros("each_us", "each", 3*time.Millisecond, 8)
				r.Print(res)
			}
		}},
		Self: map[string]func([]string) error{"be-weighed": func(args []string) error { return fmt.Errorf("I am %v", args) }},
	}
}

// call runs the command and returns its exit status and what it printed.
func call(weigh func(*bench.Run), args string) (status int, stdout, stderr string) {
	var out, err bytes.Buffer
	status = scale(weigh).Main(strings.Fields(args), &out, &err)
	return status, out.String(), err.String()
}

func TestAModePrintsATableOrALineOfJSON(t *testing.T) {
	status, stdout, stderr := call(nil, "weigh --things 5 -- --all")
	require.Zero(t, status, stderr)
	require.Equal(t, "[--all]\n  things  5      \n  each    375.0  µs\n", stdout)
	status, stdout, _ = call(nil, "weigh --json")
	require.Zero(t, status)
	require.Equal(t, `{"mode":"weigh","grams":12345.6,"things":2,"each_us":375}`+"\n", stdout)
	benchtest.Explains(t, scale(nil))
}

func TestAMistakeInTheCallIsStatus2(t *testing.T) {
	benchtest.Fails(t, scale(nil), 2, map[string]string{
		"guess":             "scale guess: there is no such mode\n`scale help` lists the modes",
		"help guess":        "there is no such mode",
		"weigh --tings 3":   "unknown flag: --tings",
		"weigh now":         `"now" is not a flag`,
		"weigh now -- then": `"now" is not a flag`,
		"weigh --things 0":  "--things is 0, which is too little",
		"weigh --for -1s":   "--for is -1s, which is too little",
	})
	wrong := func(r *bench.Run) { r.Fail("weighing: %w", bench.Mistake("there are too many things")) }
	benchtest.Fails(t, scale(wrong), 2, map[string]string{"weigh": "weighing: there are too many things"})
}

func TestAFailureEndsTheRunAndItsChildren(t *testing.T) {
	var child *bench.Child
	status, _, stderr := call(func(r *bench.Run) {
		child = r.Start(exec.Command("sleep", "60"))
		r.Check(nil)
		r.Check(errors.New("the scale is broken"))
		t.Error("the run goes on")
	}, "weigh")
	require.Equal(t, 1, status)
	require.Equal(t, "scale weigh: the scale is broken\n", stderr)
	require.ErrorIs(t, syscall.Kill(child.PID(), 0), syscall.ESRCH)
}

func TestAChildThatHasEndedExplainsAFailure(t *testing.T) {
	_, _, stderr := call(func(r *bench.Run) {
		r.Wrap = []string{"env"}
		r.Start(exec.Command(os.Args[0], "be-weighed", "twice"))
		r.Check(bench.Sleep(r.Ctx, 100*time.Millisecond))
		r.Fail("a thing was lost")
	}, "weigh")
	require.Contains(t, stderr, "a thing was lost; ")
	require.Contains(t, stderr, "has ended (exit status 1) with the log: I am [twice]")
}

func TestAnInterruptEndsTheRun(t *testing.T) {
	status, _, stderr := call(func(r *bench.Run) {
		require.NoError(t, syscall.Kill(os.Getpid(), syscall.SIGTERM))
		r.Check(bench.Sleep(r.Ctx, time.Hour))
	}, "weigh")
	require.Equal(t, 1, status)
	require.Equal(t, "scale weigh: interrupted\n", stderr)
}

func TestCPUTimeIsOfWorkAndNotOfWaiting(t *testing.T) {
	status, _, stderr := call(func(r *bench.Run) {
		sleeper := r.Start(exec.Command("sleep", "60"))
		for before := r.CPUTime(0); r.CPUTime(0)-before < time.Millisecond; {
		}
		require.Less(t, r.CPUTime(sleeper.PID()), time.Second)
		require.Greater(t, r.SettledMemory(os.Getpid()), int64(1<<20))
		r.CPUTime(1 << 22)
	}, "weigh")
	require.Equal(t, 1, status)
	require.Contains(t, stderr, "does it run on this machine?")
}

func TestSidesTakeTurnsAndTheMiddleRatioCounts(t *testing.T) {
	var order string
	side := func(name string, values ...float64) bench.Side {
		return bench.Side{Name: name, Turn: func() []float64 {
			order += name
			now := values[0]
			values = values[1:]
			return []float64{now, 7}
		}}
	}
	_, stdout, _ := call(func(r *bench.Run) {
		r.Compare(bench.NewResult(""), 3, []bench.Figure{{Key: "us", Label: "time", Ratio: "ratio"}, {Key: "acks", Label: "acks"}},
			[2]bench.Side{side("a", 1, 2, 4), side("b", 3, 2, 8)})
	}, "weigh --json")
	require.Equal(t, "abbaab", order)
	require.Contains(t, stdout, `"rounds":3,"a_us_median":2,"b_us_median":3,"ratio_median":2,"ratio_min":1,"ratio_max":3,"acks":7}`)
}

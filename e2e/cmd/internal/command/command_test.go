//go:build linux

package command_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/cmd/internal/command"
	"github.com/sebas642/intercessor/e2e/cmd/internal/command/commandtest"
	"github.com/sebas642/intercessor/e2e/cmd/internal/report"
)

// scale is a command that weighs as many things as it is told, and says what stood behind
// -- too.
func scale(weigh func(command.Run) error) command.Command {
	return command.Command{
		Name:  "scale",
		Usage: "scale weighs.\n%s",
		Modes: []command.Mode{{Name: "weigh", About: "things", Declare: func(flags *flag.FlagSet) command.Call {
			things := flags.Int("things", 2, "how many")
			during := flags.Duration("for", time.Second, "how long")
			var behind []string
			return command.Call{
				Check: func(args []string) error {
					behind = args
					return errors.Join(command.Between(flags, "things", *things, 1, 9), command.LongEnough(flags, *during, 0))
				},
				Measure: func(run command.Run) error {
					r := report.Result{Title: fmt.Sprint(behind)}
					r.Add("things", "things", *things, "")
					return errors.Join(weigh(run), run.Report.Print(r))
				},
			}
		}}},
		Self: map[string]command.Main{"be-weighed": func(args []string, stdout, _ io.Writer) int {
			fmt.Fprintln(stdout, "I am", args)
			return 3
		}},
	}
}

func well(command.Run) error { return nil }

func TestAModeMeasuresWhatItsFlagsSay(t *testing.T) {
	var stdout, stderr bytes.Buffer
	require.Zero(t, scale(well).Main(strings.Fields("weigh --things 5 -- --all"), &stdout, &stderr))
	require.Equal(t, "[--all]\n  things"+strings.Repeat(" ", 39)+"5\n", stdout.String())
	require.Empty(t, stderr.String())

	last := commandtest.Measure(t, scale(well), 1, "weigh", "--json")
	require.Equal(t, 2.0, last["things"])
}

func TestAMistakeInTheCallIsStatus2(t *testing.T) {
	commandtest.Fails(t, scale(well), 2, map[string]string{
		"":                  "a mode is missing; `scale help` lists them",
		"guess":             `unknown mode "guess"; ` + "`scale help` lists them",
		"help guess":        `there is no mode "guess"`,
		"weigh --tings 3":   "flag provided but not defined: -tings; `scale help weigh` lists the flags",
		"weigh now":         `"now" is no flag`,
		"weigh now -- then": `"now" is no flag`,
		"weigh --things 10": "--things is 10 and must be from 1 to 9",
		"weigh --for 1ms":   "--for is 1ms and must be at least 10ms",
	})
}

func TestAFailureIsStatus1UnlessTheCallIsToBlame(t *testing.T) {
	for err, status := range map[error]int{
		errors.New("the scale is broken"):    1,
		command.Mistake("--things are many"): 2,
	} {
		var stdout, stderr bytes.Buffer
		c := scale(func(command.Run) error { return fmt.Errorf("weighing: %w", err) })
		require.Equal(t, status, c.Main([]string{"weigh"}, &stdout, &stderr))
		require.Equal(t, "scale weigh: weighing: "+err.Error()+"\n", stderr.String())
	}
}

func TestAnInterruptEndsTheContextAndTheStateIsRemoved(t *testing.T) {
	var state string
	c := scale(func(run command.Run) error {
		state = run.State
		require.DirExists(t, state)
		require.NoError(t, syscall.Kill(os.Getpid(), syscall.SIGTERM))
		select {
		case <-run.Ctx.Done():
		case <-time.After(10 * time.Second):
			t.Error("the context lives on")
		}
		return nil
	})
	var stdout, stderr bytes.Buffer
	require.Equal(t, 1, c.Main([]string{"weigh"}, &stdout, &stderr))
	require.Equal(t, "scale weigh: interrupted\n", stderr.String())
	require.NoDirExists(t, state)
}

func TestWhatTheProgramStartsItselfAsIsNoMode(t *testing.T) {
	var stdout, stderr bytes.Buffer
	require.Equal(t, 3, scale(well).Main([]string{"be-weighed", "twice"}, &stdout, &stderr))
	require.Equal(t, "I am [twice]\n", stdout.String())
	commandtest.Explains(t, scale(well))
	stdout.Reset()
	require.Zero(t, scale(well).Main([]string{"help"}, &stdout, &stderr))
	require.NotContains(t, stdout.String(), "be-weighed")
}

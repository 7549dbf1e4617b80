//go:build linux

package process_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/cmd/internal/process"
)

// TestMain says something and ends, where this program starts itself for that.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "speak" {
		fmt.Fprintln(os.Stderr, "these are my last words")
		os.Exit(1)
	}
	os.Exit(m.Run())
}

var errLost = errors.New("a peer was lost")

func TestAChildThatEndedExplainsAnError(t *testing.T) {
	cmd, err := process.Self("speak")
	require.NoError(t, err)
	child, err := process.Start(cmd)
	require.NoError(t, err)
	defer child.End()
	<-child.Exited
	require.NoError(t, child.Explain("the speaker", nil))
	err = child.Explain("the speaker", errLost)
	require.ErrorIs(t, err, errLost)
	require.EqualError(t, err, "a peer was lost; the speaker has ended; it said:\nthese are my last words")
}

func TestAChildThatRunsExplainsNothing(t *testing.T) {
	child, err := process.Start(exec.Command("sleep", "60"))
	require.NoError(t, err)
	require.Equal(t, errLost, child.Explain("the sleeper", errLost))
	child.End()
	require.ErrorIs(t, syscall.Kill(child.PID(), 0), syscall.ESRCH)
}

func TestCPUTimeIsOfWorkAndNotOfWaiting(t *testing.T) {
	child, err := process.Start(exec.Command("sleep", "60"))
	require.NoError(t, err)
	defer child.End()
	before, err := process.CPUTime(0)
	require.NoError(t, err)
	for after := before; after-before < 1e6; {
		after, err = process.CPUTime(0)
		require.NoError(t, err)
	}
	waited, err := process.CPUTime(child.PID())
	require.NoError(t, err)
	require.Less(t, waited.Seconds(), 1.0)
	_, err = process.CPUTime(1 << 22)
	require.ErrorContains(t, err, "does it run on this machine?")
}

func TestMemoryThatGrowsHasNotSettled(t *testing.T) {
	var held [][]byte
	readings := 0
	settled, err := process.SettledBytes(os.Getpid(), func(now int64) error {
		if readings++; readings <= 3 {
			more := make([]byte, 32<<20)
			for i := 0; i < len(more); i += 4096 {
				more[i] = 1 // a page is resident when it is written
			}
			held = append(held, more)
		}
		return nil
	})
	require.NoError(t, err)
	require.Greater(t, readings, 3)
	require.GreaterOrEqual(t, settled, int64(len(held)*32<<20))

	_, err = process.SettledBytes(os.Getpid(), func(int64) error { return errLost })
	require.Equal(t, errLost, err)
}

func TestTheLimitOfOpenFilesIsKnown(t *testing.T) {
	require.NoError(t, process.CheckFiles(2))
	require.ErrorContains(t, process.CheckFiles(1<<40), "raise it (ulimit -Hn), or ask for fewer peers")
}

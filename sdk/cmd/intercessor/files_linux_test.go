package main

import (
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAPipeThatNobodyWritesToIsNotWaitedFor(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "fifo")
	require.NoError(t, syscall.Mkfifo(fifo, 0o600))
	exit, _, stderr := intercessor(t.Context(), "send", fifo)
	assert.Equal(t, exitFailed, exit)
	assert.Equal(t, "intercessor: "+fifo+" is a pipe or a device, and not a file\n", stderr)
}

func TestAFileWithoutASizeIsNotSentAsAnEmptyOne(t *testing.T) {
	exit, _, stderr := intercessor(t.Context(), "send", "/proc/cpuinfo")
	assert.Equal(t, exitFailed, exit)
	assert.Equal(t, "intercessor: /proc/cpuinfo does not say how large it is; send a copy of it\n", stderr)
}

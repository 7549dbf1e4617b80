package relayproc

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/stretchr/testify/require"
)

// Resident returns relayd's resident memory in KiB.
func (r *Relay) Resident() (kib int) {
	r.t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", r.PID()))
	require.NoError(r.t, err)
	_, line, ok := strings.Cut(string(status), "VmRSS:")
	require.True(r.t, ok)
	_, err = fmt.Sscan(line, &kib)
	require.NoError(r.t, err)
	return kib
}

// OpenFiles returns how many files relayd has open.
func (r *Relay) OpenFiles() int {
	r.t.Helper()
	files, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", r.PID()))
	require.NoError(r.t, err)
	return len(files)
}

// CPUTime returns the CPU time that relayd has used.
func (r *Relay) CPUTime() time.Duration {
	r.t.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", r.PID()))
	require.NoError(r.t, err)
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	user, err := strconv.Atoi(fields[11])
	require.NoError(r.t, err)
	system, err := strconv.Atoi(fields[12])
	require.NoError(r.t, err)
	return time.Duration(user+system) * 10 * time.Millisecond
}

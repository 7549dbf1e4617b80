package relayproc

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// ClockOverlay returns a file for `go build -overlay`. With it time.Now is off by $CLOCK_STEP
// seconds once there is the file $CLOCK_STEP_FILE, or from the start if it is "". No library can stand in
// for the clock, because Go asks the kernel without a call.
func ClockOverlay(t testing.TB) string {
	t.Helper()
	root, err := exec.Command("go", "env", "GOROOT").Output()
	require.NoError(t, err)
	path := filepath.Join(strings.TrimSpace(string(root)), "src", "time", "time.go")
	source, err := os.ReadFile(path)
	require.NoError(t, err)
	text := string(source)
	for _, edit := range [][2]string{
		{"func Now() Time {\n\tsec, nsec, mono := runtimeNow()\n", "func Now() Time {\n\tsec, nsec, mono := runtimeNow()\n\tsec += clockStep.Load()\n"},
		{"\t\"math/bits\"\n", "\t\"math/bits\"\n\t\"sync/atomic\"\n\t\"syscall\"\n"},
	} {
		require.Equal(t, 1, strings.Count(text, edit[0]), "Go's time.Now has changed")
		text = strings.Replace(text, edit[0], edit[1], 1)
	}
	text += `
var clockStep atomic.Int64

func init() {
	text, _ := syscall.Getenv("CLOCK_STEP")
	n, _ := atoi(text)
	file, _ := syscall.Getenv("CLOCK_STEP_FILE")
	if file == "" {
		clockStep.Store(int64(n))
		return
	}
	go func() { // timers call Now where no file can be looked for
		for syscall.Access(file, 0) != nil {
			Sleep(10 * Millisecond)
		}
		clockStep.Store(int64(n))
	}()
}
`
	folder := t.TempDir()
	changed := filepath.Join(folder, "time.go")
	require.NoError(t, os.WriteFile(changed, []byte(text), 0o600))
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{path: changed}})
	require.NoError(t, err)
	file := filepath.Join(folder, "overlay.json")
	require.NoError(t, os.WriteFile(file, overlay, 0o600))
	return file
}

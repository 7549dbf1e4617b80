package relayproc

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// BuildClock builds relayd with a time.Now that is off by $CLOCK_STEP seconds once there is the file
// $CLOCK_STEP_FILE, or from the start if that is "". No library can stand in for the clock, because
// Go asks the kernel without a call.
func BuildClock(t testing.TB) string {
	t.Helper()
	overlay, err := clockOverlay()
	require.NoError(t, err)
	return Build(t, "relayd", "-overlay", overlay)
}

// clockOverlay returns the same file each time, so that relayd, and the whole of Go's library, is
// built once.
var clockOverlay = sync.OnceValues(func() (file string, err error) {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return "", err
	}
	path := filepath.Join(strings.TrimSpace(string(root)), "src", "time", "time.go")
	source, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	text := string(source)
	for _, edit := range [][2]string{
		{"func Now() Time {\n\tsec, nsec, mono := runtimeNow()\n", "func Now() Time {\n\tsec, nsec, mono := runtimeNow()\n\tsec += clockStep.Load()\n"},
		{"\t\"math/bits\"\n", "\t\"math/bits\"\n\t\"sync/atomic\"\n\t\"syscall\"\n"},
	} {
		if strings.Count(text, edit[0]) != 1 {
			return "", fmt.Errorf("%s has changed", path)
		}
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
	folder, err := Folder()
	if err != nil {
		return "", err
	}
	changed := filepath.Join(folder, "time.go")
	if err := os.WriteFile(changed, []byte(text), 0o600); err != nil {
		return "", err
	}
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{path: changed}})
	if err != nil {
		return "", err
	}
	file = filepath.Join(folder, "overlay.json")
	return file, os.WriteFile(file, overlay, 0o600)
})

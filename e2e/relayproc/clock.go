package relayproc

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// BuildClock builds relayd, with these flags more, with a time.Now that is off by what the file
// $CLOCK says: see SetClock. No library can stand in for the clock, because Go asks the kernel
// without a call.
func BuildClock(t testing.TB, flags ...string) string {
	t.Helper()
	overlay, err := clockOverlay()
	require.NoError(t, err)
	return Build(t, "relayd", append(flags, "-overlay", overlay)...)
}

// ClockOff returns the variable for a relayd whose clock is off from the start.
func ClockOff(t testing.TB, step time.Duration) (variable string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "clock")
	SetClock(t, file, step)
	return "CLOCK=" + file
}

// SetClock sets by how much the clock of relayd is off whose $CLOCK is this file: from the start, or
// within moments if it runs.
func SetClock(t testing.TB, file string, step time.Duration) {
	t.Helper()
	next := file + ".next" // relayd reads one or the other
	require.NoError(t, os.WriteFile(next, []byte(strconv.Itoa(int(step/time.Second))), 0o600))
	require.NoError(t, os.Rename(next, file))
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
	file, ok := syscall.Getenv("CLOCK")
	if !ok {
		return
	}
	readClock(file)
	go func() { // timers call Now where no file can be read
		for {
			Sleep(10 * Millisecond)
			readClock(file)
		}
	}()
}

func readClock(file string) {
	fd, err := syscall.Open(file, syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return
	}
	var text [20]byte
	n, _ := syscall.Read(fd, text[:])
	syscall.Close(fd)
	if step, err := atoi(text[:max(n, 0)]); err == nil {
		clockStep.Store(int64(step))
	}
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
	var all struct{ Replace map[string]string }
	if seeded := os.Getenv("INTERCESSOR_OVERLAY"); seeded != "" { // the bug that Racing and Small have
		text, err := os.ReadFile(seeded)
		if err != nil {
			return "", err
		}
		if err := json.Unmarshal(text, &all); err != nil {
			return "", err
		}
	}
	if all.Replace == nil {
		all.Replace = make(map[string]string)
	}
	all.Replace[path] = changed
	overlay, err := json.Marshal(all)
	if err != nil {
		return "", err
	}
	file = filepath.Join(folder, "overlay.json")
	return file, os.WriteFile(file, overlay, 0o600)
})

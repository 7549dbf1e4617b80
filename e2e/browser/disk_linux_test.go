package browser_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/chromium"
	"github.com/sebas642/intercessor/e2e/relayproc"
)

// BenchmarkFileToPage sends one file from page to page over the direct path, and measures the rate and how much memory
// each tab had at most: the resident memory of its renderer process. INTERCESSOR_FILE is the size of the file, as 10GB:
//
//	INTERCESSOR_FILE=10GB go test -timeout 60m -run '^$' -bench FileToPage -benchtime 1x ./e2e/browser
func BenchmarkFileToPage(b *testing.B) {
	size, err := humanize.ParseBytes(os.Getenv("INTERCESSOR_FILE"))
	if err != nil {
		size = 200e6
	}
	film := filepath.Join(b.TempDir(), "film.mp4")
	require.NoError(b, os.WriteFile(film, nil, 0o600))
	require.NoError(b, os.Truncate(film, int64(size)))
	relay := relayproc.StartBinary(b, relayproc.Build(b, "relayd"))
	for b.Loop() {
		// A browser each, because private windows, which other tests use, have their storage in memory.
		from, to := chromium.Start(b), chromium.Start(b)
		ada, bob := chromium.Attach(b, from.Ctx), chromium.Attach(b, to.Ctx)
		ada.SetViewport(1280, 800, "light")
		ada.Navigate(relay.HTTP + "/")
		link := ada.Host("Ada")
		bob.Navigate(link)
		bob.Rename("Bob")
		ada.WaitText("#people .name", "Bob")
		ada.WaitText("[data-path=direct]", "Direct")
		began := time.Now()
		ada.SendFile(film)
		bob.Click("#log .accept")
		for tick := time.NewTicker(time.Second); ; <-tick.C {
			state := chromium.Eval[string](bob, `document.querySelector("#log .outcome").textContent`)
			if state == "Received and checked." {
				break
			}
			require.Empty(b, state, chromium.Eval[string](bob, `document.querySelector("#log .rate").textContent`))
		}
		took := time.Since(began).Seconds()
		b.ReportMetric(0, "ns/op") // it would count the browsers' start
		b.ReportMetric(float64(size)/took/1e6, "MB/s")
		peaks := rendererPeaks(b)
		b.ReportMetric(float64(slices.Max(peaks))/1e6, "MB-most-in-a-tab")
		b.Logf("%d bytes in %.0f s; the renderers' peaks in MB: %v", size, took, peaks)
		from.Close()
		to.Close()
	}
}

// rendererPeaks returns the most resident memory, in bytes, of each renderer below this process.
func rendererPeaks(t testing.TB) []int {
	t.Helper()
	parents, lines, peaks := map[int]int{}, map[int]string{}, map[int]int{}
	statuses, err := filepath.Glob("/proc/[0-9]*/status")
	require.NoError(t, err)
	for _, file := range statuses {
		status, err := os.ReadFile(file)
		line, err2 := os.ReadFile(filepath.Join(filepath.Dir(file), "cmdline"))
		if err != nil || err2 != nil {
			continue // it has ended
		}
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		lines[pid] = string(line)
		for field := range strings.Lines(string(status)) {
			var n int
			if _, err := fmt.Sscanf(field, "PPid: %d", &n); err == nil {
				parents[pid] = n
			} else if _, err := fmt.Sscanf(field, "VmHWM: %d", &n); err == nil {
				peaks[pid] = n << 10
			}
		}
	}
	var found []int
	for pid, line := range lines {
		above := pid
		for above != 0 && above != os.Getpid() {
			above = parents[above]
		}
		if above != 0 && strings.Contains(line, "--type=renderer") {
			found = append(found, peaks[pid])
		}
	}
	require.NotEmpty(t, found)
	return found
}

package browser_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
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
// a tab had at most. INTERCESSOR_FILE is the size of the file, as 10GB:
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
		var private, resident int
		for tick := time.NewTicker(time.Second); ; <-tick.C {
			for _, m := range renderers(b) {
				private, resident = max(private, m.private), max(resident, m.peak)
			}
			state := chromium.Eval[string](bob, `document.querySelector("#log .outcome").textContent`)
			if state == "Received and checked." {
				break
			}
			require.Empty(b, state, chromium.Eval[string](bob, `document.querySelector("#log .rate").textContent`))
		}
		b.ReportMetric(0, "ns/op") // it would count the browsers' start
		b.ReportMetric(float64(size)/time.Since(began).Seconds()/1e6, "MB/s")
		b.ReportMetric(float64(private)/1e6, "MB-private")
		b.ReportMetric(float64(resident)/1e6, "MB-resident")
		from.Close()
		to.Close()
	}
}

// A memory is what a process has of it, in bytes: now and without what it shares with other processes, and its most with
// all that is mapped, as Chromium's program.
type memory struct{ private, peak int }

// renderers returns the memory of each renderer below this process.
func renderers(t testing.TB) (found []memory) {
	t.Helper()
	parents, memories := map[int]int{}, map[int]memory{}
	statuses, err := filepath.Glob("/proc/[0-9]*/status")
	require.NoError(t, err)
	for _, file := range statuses {
		status, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended
		}
		line, _ := os.ReadFile(filepath.Join(filepath.Dir(file), "cmdline"))
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		parents[pid] = field(status, "PPid")
		if strings.Contains(string(line), "--type=renderer") {
			memories[pid] = memory{(field(status, "RssAnon") + field(status, "RssShmem")) << 10, field(status, "VmHWM") << 10}
		}
	}
	for pid, m := range memories {
		above := pid
		for above != 0 && above != os.Getpid() {
			above = parents[above]
		}
		if above != 0 {
			found = append(found, m)
		}
	}
	require.NotEmpty(t, found)
	return found
}

// field returns a number of /proc/PID/status.
func field(status []byte, name string) (n int) {
	_, rest, _ := bytes.Cut(status, []byte("\n"+name+":"))
	_, _ = fmt.Sscan(string(rest), &n)
	return n
}

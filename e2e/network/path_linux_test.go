package network_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/prove/form"
)

// slowly is a rate at which a file is on its way for as long as a test needs.
const slowly = "4mbit"

// TestAFileGoesOverTheRelayAlone: without a direct path, and while the relay is killed twice.
func TestAFileGoesOverTheRelayAlone(t *testing.T) {
	t.Parallel()
	for name, kills := range map[string]int{"the relay lives": 0, "the relay is killed": 2} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			f := l.transfer()
			for n := range kills {
				f.has(fileSize() * int64(1+2*n) / 5)
				l.blip()
			}
			f.arrives()
			require.Equal(t, []string{relayed}, waysOf(f.sender))
			require.Equal(t, []string{relayed}, waysOf(f.receiver))
		})
	}
}

// TestAFileGoesDirect: with a direct path, on which it goes from when that is found.
func TestAFileGoesDirect(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.mend()
	l.a.slow(slowly)
	f := l.transfer()
	f.goes(direct)
	l.a.fast()
	f.arrives()
	require.Equal(t, direct, waysOf(f.sender)[len(waysOf(f.sender))-1])
}

// TestAFileGoesToThePage: a terminal peer sends it to the page in Chromium, on either path.
func TestAFileGoesToThePage(t *testing.T) {
	t.Parallel()
	for name, way := range map[string]string{"no direct path": relayed, "a direct path": direct} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			path, sum := newFile(t)
			if way == direct {
				l.mend()
			}
			l.a.slow(slowly)
			sender := l.a.terminal("send", path, "--relay", l.relay.HTTP)
			began := time.Now()
			page := l.b.Browser(t).Open(sender.Expect("link:"), "Cross-Origin-Opener-Policy") // which needs TLS
			page.WaitText("#log .rate", "/s · "+way)
			waitWay(t, sender, way)
			l.a.fast()

			page.WaitText("#log .outcome", "Received and checked.")
			require.Zero(t, sender.Exit(), sender.Stderr())
			t.Logf("%.1f s; the sender said: %s", time.Since(began).Seconds(), strings.Join(waysOf(sender), ", "))
			folder := t.TempDir()
			page.DownloadTo(folder)
			page.Click("#log .save:not([hidden])")
			saved := filepath.Join(folder, fileName)
			require.Eventually(t, func() bool { info, err := os.Stat(saved); return err == nil && info.Size() == fileSize() }, patience.Max, 20*time.Millisecond)
			require.Equal(t, sum, sumOf(t, saved))
			if way == relayed {
				require.Equal(t, []string{relayed}, waysOf(sender))
			}
		})
	}
}

// TestAFileOutlivesItsDirectPath: the direct path is cut and mended again and again. After each
// return a link waits longer before it trusts the path again.
func TestAFileOutlivesItsDirectPath(t *testing.T) {
	t.Parallel()
	cuts := 3
	if form.Full {
		cuts = 10
	}
	l := newLab(t)
	l.mend()
	l.a.slow(slowly)
	f := l.transfer()
	for n := range cuts {
		f.goes(direct)
		l.cut()
		began := time.Now()
		f.goes(relayed)
		t.Logf("cut %d: over the relay after %.1f s", n+1, time.Since(began).Seconds())
		l.mend()
		began = time.Now()
		f.goes(direct)
		t.Logf("direct %.1f s after it was mended", time.Since(began).Seconds())
	}
	l.a.fast()
	f.arrives()
	require.Equal(t, cuts, strings.Count(f.sender.Stderr(), "now goes "+relayed))
}

// TestAFileOutlivesRoaming: the machine of a peer joins another network in the middle.
func TestAFileOutlivesRoaming(t *testing.T) {
	t.Parallel()
	for name, roam := range map[string]func(l *lab){
		"the sender":   func(l *lab) { l.a.join("10.2.0") },
		"the receiver": func(l *lab) { l.b.join("10.4.0") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			l.mend()
			l.a.slow(slowly)
			f := l.transfer()
			f.goes(direct)
			roam(l)
			began := time.Now()
			f.goes(relayed)
			t.Logf("over the relay after %.1f s", time.Since(began).Seconds())
			f.goes(direct)
			t.Logf("direct after %.1f s", time.Since(began).Seconds())
			l.a.fast()
			f.arrives()
		})
		t.Run(name+" without a direct path", func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			l.a.slow(slowly)
			f := l.transfer()
			there := f.has(1)
			roam(l)
			began := time.Now()
			f.has(there + 500_000) // more than was under way
			t.Logf("it goes on after %.1f s", time.Since(began).Seconds())
			l.a.fast()
			f.arrives()
		})
	}
}

package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
)

// progressEvery is how often --json says how far a transfer is.
const progressEvery = time.Second

// A gauge shows how far all files of a transfer are: as a bar with rate and time left on a
// terminal, or as objects. It shows nothing elsewhere.
type gauge struct {
	teller *teller                  // static, as are the next three
	bar    *progressbar.ProgressBar // nil without a terminal
	end    io.Writer
	size   int64

	mu   sync.Mutex // held while something is shown
	done int64      // guarded by mu, as is the next
	last time.Time
}

func (inv *invocation) newGauge(size int64) *gauge {
	g := &gauge{teller: &inv.teller, end: inv.err, size: size}
	if isTerminal(inv.err) && !inv.quiet && !inv.json {
		g.bar = progressbar.NewOptions64(size,
			progressbar.OptionSetWriter(inv.err),
			progressbar.OptionShowBytes(true),
			progressbar.OptionSetPredictTime(true),
			progressbar.OptionThrottle(100*time.Millisecond),
			progressbar.OptionUseANSICodes(false),
		)
	}
	return g
}

// describe says in the bar which file is under way.
func (g *gauge) describe(text string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.bar != nil {
		g.bar.Describe(cleanText(text, 60))
	}
}

// add counts bytes that are there. A negative number takes back those of a file that failed.
func (g *gauge) add(n int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.done += n
	switch {
	case g.bar != nil:
		_ = g.bar.Set64(g.done)
	case g.teller.json && time.Since(g.last) >= progressEvery:
		g.last = time.Now()
		g.teller.object(event{Event: "progress", Done: &g.done, Size: &g.size})
	}
}

// close moves to the line after the bar.
func (g *gauge) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.bar != nil {
		_ = g.bar.Close()
		fmt.Fprintln(g.end)
	}
}

package main

import (
	"context"
	"io"
	"sync"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/schollz/progressbar/v3"

	"github.com/sebas642/intercessor/sdk"
)

// A progress shows how a file comes along, and on which path. On a terminal it can be a bar.
// nil shows nothing.
type progress struct {
	conn peer         // static, as are the next two
	say  func(string) // shows a line
	bar  io.Writer    // a terminal on which a bar is drawn instead of lines; nil if there is none

	name  string                   // static after start, as are the next two
	stop  func()                   // nil before start
	drawn *progressbar.ProgressBar // nil without a bar

	mu sync.Mutex // held while the bar is drawn
}

// newProgress shows a bar if w is a terminal, else lines.
func newProgress(conn peer, w io.Writer) *progress {
	p := &progress{conn: conn, say: func(text string) { _, _ = io.WriteString(w, text+".\n") }}
	if isTerminal(w) {
		p.bar = w
	}
	return p
}

// start begins to show a file, of which some bytes are there.
func (p *progress) start(o offer, from int64) {
	if p == nil {
		return
	}
	p.name = o.Name
	path := p.conn.Path()
	how := p.name + " goes "
	if from > 0 {
		how = p.name + " goes on at " + humanize.Bytes(uint64(from)) + ", "
	}
	if p.bar == nil {
		p.say(how + onWay(path.Route))
	} else {
		p.drawn = progressbar.NewOptions64(o.Size,
			progressbar.OptionSetWriter(p.bar),
			progressbar.OptionSetDescription(p.name+", "+onWay(path.Route)),
			progressbar.OptionShowBytes(true),
			progressbar.OptionSetPredictTime(true),
			progressbar.OptionThrottle(100*time.Millisecond),
		)
		_ = p.drawn.Set64(from)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var following sync.WaitGroup
	following.Go(func() { p.follow(ctx, path) })
	p.stop = func() {
		cancel()
		following.Wait()
	}
}

// follow shows each change of the path.
func (p *progress) follow(ctx context.Context, path sdk.Path) {
	for {
		before := path.Route
		var err error
		if path, err = p.conn.WaitPath(ctx, path); err != nil {
			return
		}
		switch {
		case path.Route == before:
		case p.bar == nil:
			p.say(p.name + " now goes " + onWay(path.Route))
		default:
			p.mu.Lock()
			p.drawn.Describe(p.name + ", " + onWay(path.Route))
			p.mu.Unlock()
		}
	}
}

func (p *progress) Write(b []byte) (int, error) {
	if p != nil && p.drawn != nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		_ = p.drawn.Add(len(b))
	}
	return len(b), nil
}

// close moves to the line after the bar.
func (p *progress) close() {
	if p == nil || p.stop == nil {
		return
	}
	p.stop()
	if p.bar != nil {
		_, _ = io.WriteString(p.bar, "\n")
	}
}

package main

import (
	"context"
	"sync"

	"github.com/dustin/go-humanize"

	"github.com/sebas642/intercessor/sdk"
)

// A progress shows how a file comes along, and on which path: in lines, or in the gauge of the
// whole transfer. nil shows nothing.
type progress struct {
	conn  peer              // static, as are the next two
	say   func(text string) // shows a line; nil if there are none
	gauge *gauge            // may be nil

	name    string // static after start, as are the next two
	stop    func() // nil before start
	counted int64  // bytes in the gauge
}

// start begins to show a file, of which some bytes are there.
func (p *progress) start(o offer, from int64) {
	if p == nil {
		return
	}
	p.name = o.path()
	path := p.conn.Path()
	how := p.name + " goes "
	if from > 0 {
		how = p.name + " goes on at " + humanize.Bytes(uint64(from)) + ", "
	}
	if p.say != nil {
		p.say(how + onWay(path.Route))
	}
	p.describe(path.Route)
	p.count(from)
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
		if path.Route == before {
			continue
		}
		if p.say != nil {
			p.say(p.name + " now goes " + onWay(path.Route))
		}
		p.describe(path.Route)
	}
}

func (p *progress) describe(route sdk.Route) {
	if p.gauge != nil {
		p.gauge.describe(p.name + ", " + onWay(route))
	}
}

func (p *progress) count(n int64) {
	if p.gauge != nil {
		p.gauge.add(n)
		p.counted += n
	}
}

func (p *progress) Write(b []byte) (int, error) {
	if p != nil {
		p.count(int64(len(b)))
	}
	return len(b), nil
}

// close ends what start has begun.
func (p *progress) close() {
	if p != nil && p.stop != nil {
		p.stop()
	}
}

// failed takes back what was counted of a file that failed.
func (p *progress) failed() {
	if p != nil {
		p.count(-p.counted)
	}
}

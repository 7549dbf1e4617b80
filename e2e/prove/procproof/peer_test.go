package procproof

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sebas642/intercessor/e2e/history"
	"github.com/sebas642/intercessor/e2e/prove/form"
	"github.com/sebas642/intercessor/e2e/prove/talker"
	"github.com/sebas642/intercessor/sdk"
)

// An order is the configuration of a peer's process.
type order struct {
	Listens  bool
	Name     string // of this life
	URL      string
	Identity string // file
	History  string // file of this life
	Seed     uint64
}

// A peer is the program in such a process. It reads commands, one per line, and reports each
// on standard output when it is done. It leaves at the end of its input.
type peer struct {
	order
	log      *history.Log
	random   *rand.Rand // owned by the client's loop
	problems atomic.Int64

	leaving context.Context // ends when the process must end
	sending context.Context // ends when no more messages must be sent
	work    sync.WaitGroup

	mu       sync.Mutex // guards what follows
	app      *talker.App
	listener *sdk.Listener
	talks    []*talker.Talk // the Talks that are not closed
}

// runPeer is the main function of a peer's process.
func runPeer(text string) int {
	goroutines := runtime.NumGoroutine()
	p := &peer{}
	if err := json.Unmarshal([]byte(text), &p.order); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	file, err := os.OpenFile(p.History, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	defer file.Close()
	p.log, p.random = history.NewWriter(file), rand.New(rand.NewPCG(p.Seed, 7))
	var leave, quiet context.CancelFunc
	p.leaving, leave = context.WithCancel(context.Background())
	p.sending, quiet = context.WithCancel(p.leaving)
	if p.Listens {
		p.work.Go(p.listen)
	} else {
		p.work.Go(p.dial)
	}
	p.obey(quiet)
	leave()
	late := time.AfterFunc(leaveWithin, func() { panic("the peer does not end") })
	defer late.Stop()
	p.work.Wait()
	if p.app != nil {
		p.app.Stop()
		p.measure(goroutines)
	}
	if err := p.log.Err(); err != nil {
		p.problem("%v", err)
	}
	return int(min(1, p.problems.Load()))
}

// problem reports a problem to the process that started this one.
func (p *peer) problem(format string, args ...any) {
	p.problems.Add(1)
	fmt.Fprintf(os.Stderr, "%s: %s\n", p.Name, fmt.Sprintf(format, args...))
}

// begin notes that the program has its ID.
func (p *peer) begin(id, room string) *talker.App {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.app == nil {
		p.app = &talker.App{Log: p.log, Name: p.Name, ID: id, Room: room, Problem: p.problem}
		p.app.Event(history.Start, history.Event{})
		fmt.Println("id", id)
	}
	return p.app
}

// talk starts a Talk on a Conn.
func (p *peer) talk(app *talker.App, conn *sdk.Conn) *talker.Talk {
	t := app.Talk(conn)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.talks = append(p.talks, t)
	seed := p.Seed + uint64(len(p.talks))
	p.work.Go(func() { t.Chat(p.sending, seed) })
	return t
}

func (p *peer) forget(t *talker.Talk) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.talks {
		if p.talks[i] == t {
			p.talks = append(p.talks[:i:i], p.talks[i+1:]...)
			return
		}
	}
}

func (p *peer) all() []*talker.Talk {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]*talker.Talk(nil), p.talks...)
}

// measure logs how many goroutines are left (C12), after the last have had time to end.
func (p *peer) measure(before int) {
	http.DefaultClient.CloseIdleConnections()
	form.Within(5*time.Second, func() bool { return runtime.NumGoroutine() <= before })
	name := "goroutines of " + p.Name
	p.log.Add(history.Event{Kind: history.Measure, Name: name, Value: float64(before), Reason: "before"})
	p.log.Add(history.Event{Kind: history.Measure, Name: name, Value: float64(runtime.NumGoroutine()), Reason: "after"})
}

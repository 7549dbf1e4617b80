package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/sebas642/intercessor/sdk"
)

// A reception is the state of the command receive, over all connections.
type reception struct {
	inv   *invocation // static, as are the next four
	box   inbox
	out   *outlet // nil unless the file goes to standard output
	asker *asker
	sets  sets
}

// receive receives what one sender sends, and prints the path of each file.
func receive(ctx context.Context, inv *invocation) error {
	total := inv.limits.allowance()
	r := &reception{
		inv:   inv,
		box:   inbox{cmp.Or(inv.into, "."), total},
		asker: &asker{out: inv.err, in: inv.in},
	}
	links := inv.out
	if inv.into == "-" {
		signal.Ignore(syscall.SIGPIPE) // so that the other side hears that standard output is closed
		r.out, links, inv.objects = &outlet{out: inv.out}, inv.err, inv.err
	}
	return inv.meet(ctx, inv.operands, links, inv.how, r.attend)
}

// A came is what came of one offered file.
type came struct {
	set *taking // nil if it was sent alone
	all bool    // the set is complete, and the sender knows it
	err error
}

// lastWord is how long after a broken transfer the sender may still say why.
const lastWord = 2 * time.Second

// attend receives what one peer sends, until that is complete.
func (r *reception) attend(ctx context.Context, m *meeting) error {
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	var underWay atomic.Int32
	results, closed := make(chan came), make(chan error, 1)
	running.Go(func() { closed <- r.accept(ctx, m, &running, &underWay, results) })
	var set *taking
	var first error
	sent := false  // the other side offers nothing more
	var over error // of the connection
	broken := time.NewTimer(lastWord)
	broken.Stop()
	defer broken.Stop()
	for {
		select {
		case c := <-results:
			underWay.Add(-1)
			if c.set != nil {
				set = c.set
			}
			switch {
			case c.err == nil:
				if r.inv.how != forever && (c.set == nil || c.all) {
					return nil
				}
			case r.ends(c):
				return c.err
			default:
				first = cmp.Or(first, c.err)
				r.inv.tell(event{Event: "failed", Problem: c.err.Error()}, "%v", c.err)
				if isLost(c.err) && r.inv.how != forever {
					broken.Reset(lastWord)
				}
			}
		case told := <-m.told:
			sent = sent || told.Type == typeSent && r.inv.how != forever
		case <-broken.C:
			return finalError{first}
		case over = <-closed:
			closed = nil
		}
		if underWay.Load() > 0 {
			continue // what came whole counts, also when the other side has left
		}
		if over != nil && !sent {
			if sent = m.lastTold(typeSent); !sent || r.inv.how == forever {
				return over
			}
		}
		if sent {
			missing := 1
			if set != nil {
				missing = set.missing()
			}
			if missing == 0 {
				return finalError{fmt.Errorf("the other side has left, and may not know that all files came%s", because(first))}
			}
			return finalError{fmt.Errorf("the other side has left, and %s did not come%s", countFiles(missing), because(first))}
		}
	}
}

// ends reports whether an error of one file ends the command.
func (r *reception) ends(c came) bool {
	var final finalError
	var no declinedError
	switch {
	case errors.As(c.err, &final):
		return true
	case r.inv.how == forever || isLost(c.err):
		return false
	}
	return errors.As(c.err, &no) || c.set == nil
}

func because(err error) string {
	if err == nil {
		return ""
	}
	return ": " + err.Error()
}

// accept takes files from a peer, some at once, until it is gone.
func (r *reception) accept(ctx context.Context, m *meeting, running *sync.WaitGroup, underWay *atomic.Int32, results chan<- came) error {
	free := make(chan struct{}, atOnce)
	for {
		select {
		case free <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
		s, err := acceptFile(ctx, m)
		if err != nil {
			return err
		}
		underWay.Add(1)
		running.Go(func() {
			c := r.take(newWire(ctx, s), m)
			<-free
			select {
			case results <- c:
			case <-ctx.Done():
			}
		})
	}
}

// take asks about an offer, and receives it.
func (r *reception) take(w *wire, m *meeting) (c came) {
	o, err := hearOffer(w)
	if err != nil {
		w.end(err)
		if o.Of != nil { // its name is known, and the others of its set may come
			c.set, _ = r.sets.of(o)
			err = fmt.Errorf("%s: %w", o.Name, err)
		}
		c.err = err
		return c
	}
	if limit := r.inv.limits.file; limit > 0 && o.Size > limit {
		w.refuse("it is larger than the other side takes")
		w.end(nil)
		if o.Of != nil {
			c.set, _ = r.sets.of(o)
		}
		return came{set: c.set, err: overLimit{o.path(), limit}}
	}
	t, a, err := r.sets.answer(w, o, r.inv.limits.files, func() answer { return r.decide(w, o) })
	c = came{set: t, err: err}
	switch {
	case err != nil:
		w.refuseAll(err.Error())
		w.end(nil)
		c.err = declinedError("it was refused: " + err.Error())
	case a == taken:
		c.err = r.store(w, o, t, m)
		if c.all = c.err == nil && t != nil && t.finish(o); c.all {
			t.gauge.close()
		}
	case a == withdrawn:
		w.end(errTheyLeft)
		c.err = errTheyLeft
	default:
		c.err = r.decline(w, o, a)
	}
	return c
}

// decide asks the person, unless --yes has answered.
func (r *reception) decide(w *wire, o offer) answer {
	offered := event{Event: "offer", Name: o.path()}
	switch {
	case r.inv.yes:
		r.inv.tell(offered, "Receiving %s", o.describe())
		return taken
	case r.inv.json:
		r.inv.object(offered)
	}
	if !isTerminal(r.inv.in) {
		return refused
	}
	over, stop := w.watch()
	defer stop()
	return r.asker.ask("Offered: "+o.describe()+", for "+r.box.folder, over)
}

// decline refuses what the person does not want.
func (r *reception) decline(w *wire, o offer, a answer) error {
	defer w.end(nil)
	switch {
	case a == unanswered:
		w.refuseAll(fmt.Sprintf("the question was not answered within %v", answerWithin))
		return declinedError(fmt.Sprintf("%s is refused, because the question was not answered within %v", o.describe(), answerWithin))
	case !isTerminal(r.inv.in):
		w.refuseAll("the other side takes files without being asked only if it starts with --yes")
		return declinedError(o.describe() + " is refused, because there is no terminal to ask; start with --yes to take what is sent")
	}
	w.decline()
	return declinedError(o.describe() + " was not wanted")
}

// store receives a file and prints its path.
func (r *reception) store(w *wire, o offer, t *taking, m *meeting) error {
	shown := r.gauge(t, o)
	p := &progress{conn: m, gauge: shown}
	if t == nil {
		defer shown.close()
		if shown.bar == nil {
			p.say = func(text string) {
				r.inv.tell(event{Event: "path", Name: o.path(), Route: string(m.Path().Route)}, "%s", text)
			}
		}
	}
	if r.out != nil {
		return r.out.store(w, o, r.box.unasked, p)
	}
	path, err := r.box.store(w, o, t, p)
	if path != "" {
		size := o.Size
		r.inv.result(r.inv.out, event{Event: "file", Path: path, Name: o.path(), Size: &size}, path)
	} else {
		p.failed()
	}
	return err
}

// gauge returns the gauge of a set, or a new one for a file that was sent alone.
func (r *reception) gauge(t *taking, o offer) *gauge {
	if t == nil {
		return r.inv.newGauge(o.Size)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.gauge == nil {
		t.gauge = r.inv.newGauge(t.set.Size)
	}
	return t.gauge
}

// acceptFile waits for the stream of a file, and refuses others.
func acceptFile(ctx context.Context, p peer) (*sdk.Stream, error) {
	return acceptNamed(ctx, p, fileStream)
}

// acceptNamed waits for a stream with a name, and refuses others.
func acceptNamed(ctx context.Context, p peer, name string) (*sdk.Stream, error) {
	for {
		s, err := p.AcceptStream(ctx)
		if err != nil || s.Name() == name {
			return s, err
		}
		s.CloseWithCode(exitFailed, "only streams with the name "+name+" are taken")
	}
}

// refuseChannels closes data channels: earlier versions sent files over them. It calls told
// after each.
func refuseChannels(ctx context.Context, p peer, told func()) {
	for {
		ch, err := p.AcceptChannel(ctx)
		if err != nil {
			return
		}
		_ = ch.Send(ctx, []byte(`{"refused":"this version is too old to send files to the other side; update it"}`))
		_ = ch.Close()
		told()
	}
}

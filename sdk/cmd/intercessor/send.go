package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"

	"github.com/dustin/go-humanize"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/sdk"
)

// typeSent is the message after which this side offers nothing more.
const typeSent = "sent"

// send sends files and folders, and returns once the other side has confirmed their hashes.
func send(ctx context.Context, inv *invocation) error {
	operands, link := linkOf(inv.operands)
	if last := len(operands) - 1; link == nil && last > 0 && isRoom(operands[last]) {
		operands, link = operands[:last], operands[last:]
	}
	if len(operands) == 0 {
		return usageError{"send needs a file", "usage: intercessor send FILE... [LINK]"}
	}
	s, err := pack(ctx, operands, inv.in)
	if err != nil {
		return err
	}
	defer s.discard()
	if s.left > 0 {
		inv.tell(event{Event: "left-out", Files: s.left}, "%s in these folders is no file, or a symbolic link, and is left out", countFiles(s.left))
	}
	var all crowd
	return inv.meet(ctx, link, inv.out, inv.how, func(ctx context.Context, m *meeting) error {
		leave := all.enter()
		err := inv.deliver(ctx, m, s)
		leave()
		if !isLost(err) && ctx.Err() == nil { // after an interruption the same command may go on
			_ = tell(ctx, m, sdk.Message{Type: typeSent})
		}
		if err == nil { // the command ends with this receiver, and the others get theirs
			all.wait(ctx, func() {
				inv.tell(event{Event: "others"}, "Waiting for others who still receive; interrupt it to leave them")
			})
		}
		return err
	})
}

// A crowd is the receivers that are being sent to.
type crowd struct {
	mu   sync.Mutex
	here []chan struct{} // guarded by mu; each is closed when its receiver leaves
}

func (c *crowd) enter() (leave func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	gone := make(chan struct{})
	c.here = append(c.here, gone)
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.here = slices.DeleteFunc(c.here, func(other chan struct{}) bool { return other == gone })
		close(gone)
	}
}

// wait waits until all have left that are there now. It calls tell if there are some.
func (c *crowd) wait(ctx context.Context, tell func()) {
	c.mu.Lock()
	here := slices.Clone(c.here)
	c.mu.Unlock()
	if len(here) > 0 {
		tell()
	}
	for _, gone := range here {
		select {
		case <-gone:
		case <-ctx.Done():
			return
		}
	}
}

// isRoom reports whether an operand is the ID of a room, and not a file.
func isRoom(operand string) bool {
	_, err := os.Lstat(operand)
	_, ok := protocol.Spell(operand)
	return err != nil && ok
}

// A partlyError says that not all files were sent.
type partlyError struct {
	failed, of int
	first      error
}

func (e partlyError) Error() string {
	return fmt.Sprintf("%d of %s were not sent; the first: %v", e.failed, countFiles(e.of), e.first)
}

func (e partlyError) Unwrap() error { return e.first }

// deliver sends a shipment to one peer: some files at once, because each one waits for answers.
// A file that fails does not keep back the others.
func (inv *invocation) deliver(ctx context.Context, m *meeting, s *shipment) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	shown := inv.newGauge(s.size)
	defer shown.close()
	asking := sync.OnceFunc(func() { inv.tell(event{Event: "asking"}, "The other side is asking its user, for 10 minutes at most") })
	next := make(chan item)
	var mu sync.Mutex
	failure := partlyError{of: len(s.items)}
	var running sync.WaitGroup
	for range min(atOnce, len(s.items)) {
		running.Go(func() {
			for it := range next {
				err := inv.deliverOne(ctx, m, it, shown, asking)
				if err == nil {
					continue
				}
				var no refusedError
				if isLost(err) || errors.As(err, &no) && no.all {
					cancel(err)
					return
				}
				mu.Lock()
				if failure.failed++; failure.first == nil {
					failure.first = err
				}
				mu.Unlock()
				if len(s.items) > 1 && ctx.Err() == nil {
					inv.tell(event{Event: "failed", Name: it.offer.path(), Problem: err.Error()}, "%s was not sent: %v", it.offer.path(), err)
				}
			}
		})
	}
	for _, it := range s.items {
		select {
		case next <- it:
			continue
		case <-ctx.Done():
		}
		break
	}
	close(next)
	running.Wait()
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case failure.failed == 0:
		return nil
	case len(s.items) == 1:
		return failure.first
	}
	return failure
}

func (inv *invocation) deliverOne(ctx context.Context, m *meeting, it item, shown *gauge, asking func()) (err error) {
	file, o, err := openFile(it.path)
	if err != nil {
		return err
	}
	defer file.Close()
	if o.Size != it.offer.Size || o.Modified != it.offer.Modified {
		return errChanged
	}
	st, err := m.OpenStream(ctx, fileStream)
	if err != nil {
		return err
	}
	p := &progress{conn: m, gauge: shown}
	if it.offer.Of == nil && shown.bar == nil {
		p.say = func(text string) {
			inv.tell(event{Event: "path", Name: it.offer.path(), Route: string(m.Path().Route)}, "%s", text)
		}
	}
	w := newWire(ctx, st)
	w.asking = asking
	if err := give(w, it.offer, file, p); err != nil {
		p.failed()
		return err
	}
	size := it.offer.Size
	if shown.bar == nil || it.offer.Of == nil {
		inv.tell(event{Event: "sent", Name: it.offer.path(), Size: &size}, "The other side has %s (%s)", it.offer.path(), humanize.Bytes(uint64(size)))
	}
	return nil
}

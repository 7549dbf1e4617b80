//go:build !js

// Package netwatch notices that the addresses of this machine change.
package netwatch

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"time"
)

// settle is how long addresses are left alone after a change: they often change several at a
// time.
const settle = 300 * time.Millisecond

// pollEvery is how often the addresses are compared where the system does not say that they
// have changed.
const pollEvery = 3 * time.Second

// watching are those who want to know. One goroutine serves all of them: it starts with the
// first, and the last waits for its end.
var watching struct {
	mu   sync.Mutex // guards what follows, and is held while someone is told
	all  map[*func(Addresses)]struct{}
	stop context.CancelFunc
	over chan struct{}
}

// Addresses are the addresses of a machine's interfaces.
type Addresses map[netip.Addr]struct{}

// Has reports whether addr is one of them.
func (a Addresses) Has(addr netip.Addr) bool {
	_, has := a[addr.Unmap().WithZone("")]
	return has
}

// Watch calls changed at once, because its caller may have begun before, and after each change,
// until stop is called. changed must return soon, and not call stop. It is not called while the
// system does not say what addresses there are.
func Watch(changed func(Addresses)) (stop func()) {
	w := &watching
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.all) == 0 {
		ctx, cancel := context.WithCancel(context.Background())
		rings, wait := listen(ctx)
		last, over := addresses(), make(chan struct{})
		w.all, w.stop, w.over = map[*func(Addresses)]struct{}{}, cancel, over
		go func() {
			defer close(over)
			defer wait()
			run(ctx, rings, last)
		}()
	}
	w.all[&changed] = struct{}{}
	if now := addresses(); now != nil {
		changed(now)
	}
	return sync.OnceFunc(func() { leave(&changed) })
}

func leave(changed *func(Addresses)) {
	w := &watching
	w.mu.Lock()
	delete(w.all, changed)
	over := w.over
	if len(w.all) > 0 {
		over = nil
	} else {
		w.stop()
	}
	w.mu.Unlock()
	if over != nil {
		<-over
	}
}

// run tells of changes since last, until ctx ends.
func run(ctx context.Context, rings <-chan struct{}, last Addresses) {
	for {
		select {
		case <-rings:
		case <-ctx.Done():
			return
		}
		select {
		case <-time.After(settle):
		case <-ctx.Done():
			return
		}
		if now := addresses(); now != nil && !equal(now, last) {
			last = now
			tell(ctx, now)
		}
	}
}

func tell(ctx context.Context, now Addresses) {
	watching.mu.Lock()
	defer watching.mu.Unlock()
	if ctx.Err() != nil {
		return // who watches now has another run
	}
	for changed := range watching.all {
		(*changed)(now)
	}
}

// addresses returns the addresses that the machine has now, nil if the system does not say.
func addresses() Addresses {
	found, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	all := Addresses{}
	for _, it := range found {
		if prefix, ok := it.(*net.IPNet); ok {
			addr, _ := netip.AddrFromSlice(prefix.IP)
			all[addr.Unmap()] = struct{}{}
		}
	}
	return all
}

func equal(a, b Addresses) bool {
	for addr := range a {
		if !b.Has(addr) {
			return false
		}
	}
	return len(a) == len(b)
}

// poll rings from time to time, until ctx ends.
func poll(ctx context.Context, rings chan<- struct{}) {
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			ring(rings)
		case <-ctx.Done():
			return
		}
	}
}

func ring(rings chan<- struct{}) {
	select {
	case rings <- struct{}{}:
	default:
	}
}

// Package once runs what is done once and takes time.
package once

import "sync"

// Once is a sync.Once whose other callers wait on a channel. In the virtual time of
// testing/synctest, a program that waits for a mutex stops the clock, and so what the first
// caller waits for never comes. The zero value is ready. It must not be copied.
type Once struct {
	mu   sync.Mutex
	done chan struct{} // made by the first caller, closed when f has returned
}

// Do calls f if it is the first call. Each call returns when f has.
func (o *Once) Do(f func()) {
	o.mu.Lock()
	first := o.done == nil
	if first {
		o.done = make(chan struct{})
	}
	o.mu.Unlock()
	if !first {
		<-o.done
		return
	}
	defer close(o.done)
	f()
}

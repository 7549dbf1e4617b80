package main

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/sebas642/intercessor/sdk"
)

// outcomes follows the messages of this end until their outcomes are known. It shows those
// that were not delivered.
type outcomes struct {
	screen    *screen
	following sync.WaitGroup

	mu   sync.Mutex
	lost lostError // guarded by mu
}

// A lostError counts the lines that were not or perhaps not delivered, and the files that
// ended without a receipt.
type lostError struct{ lines, files int }

func (e lostError) Error() string {
	var problems []string
	switch {
	case e.lines == 1:
		problems = append(problems, "one line was not delivered")
	case e.lines > 1:
		problems = append(problems, fmt.Sprintf("%d lines were not delivered", e.lines))
	}
	switch {
	case e.files == 1:
		problems = append(problems, "one file has no receipt")
	case e.files > 1:
		problems = append(problems, fmt.Sprintf("%d files have no receipt", e.files))
	}
	return strings.Join(problems, ", and ")
}

func (o *outcomes) loseFile() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.lost.files++
}

// wait waits until all outcomes are known.
func (o *outcomes) wait(ctx context.Context) error {
	known := make(chan struct{})
	go func() { // ends with the connections at the latest
		defer close(known)
		o.following.Wait()
	}()
	select {
	case <-known:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// end waits for all outcomes, which are known when the connections have ended. It returns
// err, or a lostError.
func (o *outcomes) end(err error) error {
	o.following.Wait()
	o.mu.Lock()
	defer o.mu.Unlock()
	if err == nil && o.lost != (lostError{}) {
		return o.lost
	}
	return err
}

// A record is the messages to one peer whose outcomes are not known yet.
type record struct {
	all  *outcomes     // nil if outcomes are not followed
	name func() string // returns the peer's name

	mu   sync.Mutex
	said []saying // guarded by mu; oldest first. The link bounds its length
}

type saying struct {
	text    string
	receipt outcome
}

// An outcome is a *sdk.Receipt.
type outcome interface {
	Outcome(context.Context) (sdk.Outcome, error)
}

// note adds a message whose outcome is to be followed.
func (r *record) note(text string, receipt outcome) {
	if r.all == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.said = append(r.said, saying{text, receipt})
	if len(r.said) == 1 {
		r.all.following.Go(r.follow)
	}
}

// follow waits for the outcomes, which become known in the order of the lines.
func (r *record) follow() {
	for more := true; more; {
		r.mu.Lock()
		first := r.said[0]
		r.mu.Unlock()
		o, _ := first.receipt.Outcome(context.Background()) // known at the end of the connection at the latest
		switch {
		case o.Result == sdk.Refused:
			r.notDelivered("not delivered", first.text)
		case o.Result == sdk.Unknown && o.Reason != sdk.ReasonNoLink: // a peer without a link never confirms
			r.notDelivered("perhaps not delivered", first.text)
		}
		r.mu.Lock()
		r.said = r.said[1:]
		more = len(r.said) > 0
		r.mu.Unlock()
	}
}

func (r *record) notDelivered(how, text string) {
	r.all.mu.Lock()
	r.all.lost.lines++
	r.all.mu.Unlock()
	r.all.screen.event("%s to %s: %s", how, r.name(), text)
}

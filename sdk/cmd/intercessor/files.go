package main

import (
	"context"
	"fmt"
	"sync"

	"github.com/dustin/go-humanize"

	"github.com/sebas642/intercessor/sdk"
)

const (
	atOnce = 4 // files from one peer

	// unaskedTotal bounds the bytes of all files that one run stores without asking.
	unaskedTotal = 1 << 30

	askedFolder = "received" // for files that were asked about
)

// files decides about the files that come in a chat. With --into they are stored, within
// limits. Otherwise the person is asked. Without a person at the terminal they are refused.
type files struct {
	*offers
	screen  *screen
	into    string // the folder of --into; empty: not given
	person  bool
	unasked *allowance

	channels bool // data channels may come, and are refused

	sets *sets // of all peers
}

func (inv *invocation) files(screen *screen) files {
	return files{&offers{}, screen, inv.into, isTerminal(inv.in), &allowance{left: unaskedTotal}, inv.takesChannels(), &sets{}}
}

// attend serves the messages and files of one connection of the room. It returns the reason
// why the messages ended.
func (c *chat) attend(ctx context.Context, p *sdk.Conn, name func() string, messages func(context.Context) error) error {
	accept, stop := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() { followPeer(accept, p, c.screen, name) })
	running.Go(func() { c.files.take(ctx, accept, p, name) })
	if c.files.channels {
		running.Go(func() {
			refuseChannels(accept, p, func() {
				c.screen.event("a file from %s did not come: its program is too old, or opens channels for something else", name())
			})
		})
	}
	err := messages(ctx)
	stop()
	running.Wait()
	return err
}

// take stores the files of a peer until accept or the connection ends. Then it waits for the
// files under way: what came whole is still stored.
func (f files) take(ctx, accept context.Context, from peer, name func() string) {
	var underWay sync.WaitGroup
	defer underWay.Wait()
	free := make(chan struct{}, atOnce)
	for {
		select {
		case free <- struct{}{}:
		case <-accept.Done():
			return
		}
		s, err := acceptFile(accept, from)
		if err != nil {
			return
		}
		underWay.Go(func() {
			defer func() { <-free }()
			f.takeOne(newWire(ctx, s), name(), f.progress(from))
		})
	}
}

func (f files) progress(conn peer) *progress {
	return &progress{conn: conn, say: func(text string) { f.screen.event("%s", text) }}
}

func (f files) takeOne(w *wire, from string, shown *progress) {
	o, err := hearOffer(w)
	if err != nil {
		w.end(err)
		f.screen.event("a file from %s did not come: %v", from, err)
		return
	}
	var path string
	switch {
	case f.into != "":
		f.screen.event("%s sends %s (%s)", from, o.path(), humanize.Bytes(uint64(o.Size)))
		path, err = inbox{f.into, f.unasked}.store(w, o, nil, shown)
	case !f.person:
		f.refuse(w, o, from, "the other side accepts files only if it starts with --into FOLDER", "start with --into FOLDER to accept files")
		return
	default:
		t, answer, err := f.sets.answer(w, o, mostFiles, func() answer {
			over, stop := w.watch()
			defer stop()
			return f.ask(w.ctx, f.screen, o, from, over)
		})
		switch {
		case err != nil:
			w.refuseAll(err.Error())
			w.end(nil)
			f.screen.event("%s from %s is refused: %v", o.path(), from, err)
			return
		case answer == withdrawn:
			w.end(errTheyLeft)
			f.screen.event("%s from %s is withdrawn: the other side left or gave up", o.path(), from)
			return
		case answer == unanswered:
			f.refuse(w, o, from, fmt.Sprintf("the question was not answered within %v", answerWithin), fmt.Sprintf("you did not answer within %v", answerWithin))
			return
		case answer == refused:
			w.decline()
			w.end(nil)
			f.screen.event("%s from %s is refused", o.path(), from)
			return
		}
		if path, err = (inbox{folder: askedFolder}).store(w, o, t, shown); err == nil && t != nil {
			t.finish(o)
		}
		f.came(o, from, path, err)
		return
	}
	f.came(o, from, path, err)
}

func (f files) came(o offer, from, path string, err error) {
	if err != nil {
		f.screen.event("%s from %s: %v", o.path(), from, err)
		return
	}
	f.screen.event("%s is there", path)
}

// refuse tells both sides why a file is refused.
func (f files) refuse(w *wire, o offer, from, there, here string) {
	w.refuseAll(there)
	w.end(nil)
	f.screen.event("%s from %s is refused: %s", o.path(), from, here)
}

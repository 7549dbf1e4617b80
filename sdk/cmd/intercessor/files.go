package main

import (
	"context"
	"fmt"
	"io"
	"math"
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
}

func (inv *invocation) files(screen *screen) files {
	return files{&offers{}, screen, inv.into, isTerminal(inv.in), &allowance{left: unaskedTotal}}
}

// attend serves the messages and files of one connection of the room. When the messages
// end, files under way continue, because their channels do not need the relay. It returns
// the reason why the messages ended.
func (c *chat) attend(ctx context.Context, p *sdk.Conn, name func() string, messages func(context.Context) error) error {
	accept, stop := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() { followPeer(accept, p, c.screen, name) })
	running.Go(func() { c.files.take(ctx, accept, p, name) })
	err := messages(ctx)
	stop()
	running.Wait()
	return err
}

// take stores the files of a peer until accept or the connection ends. Then it waits for the
// files under way, which ctx bounds.
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
		ch, err := from.AcceptChannel(accept)
		if err != nil {
			return
		}
		underWay.Go(func() {
			defer func() { <-free }()
			defer ch.Close()
			if ch.Label() == fileLabel { // other labels belong to unknown applications
				f.takeOne(ctx, ch, name())
			}
		})
	}
}

func (f files) takeOne(ctx context.Context, ch channel, from string) {
	o, err := takeOffer(ctx, ch)
	if err != nil {
		f.screen.event("a file from %s did not come: %v", from, err)
		return
	}
	var path string
	var answer answer
	if f.into == "" && f.person {
		early := receiveEarly(ctx, ch, o)
		answer = f.ask(ctx, f.screen, o, from, early.broken)
		early.finish()
		ch = early
	}
	switch {
	case f.into != "":
		f.screen.event("%s sends %s (%s)", from, o.Name, humanize.Bytes(uint64(o.Size)))
		spent := &meter{allowance: f.unasked}
		path, err = inbox{f.into, f.unasked.rest()}.store(ctx, ch, o, spent)
		if path == "" {
			_ = f.unasked.spend(-spent.spent)
		}
	case !f.person:
		refuse(ctx, ch, "the other side accepts files only if it starts with --into FOLDER")
		f.screen.event("%s from %s is refused: start with --into FOLDER to accept files", o.Name, from)
		return
	case ctx.Err() != nil:
		refuse(ctx, ch, "the other person has left")
		return
	case answer == withdrawn:
		f.screen.event("%s from %s is withdrawn: the other side left or gave up", o.Name, from)
		return
	case answer == unanswered:
		refuse(ctx, ch, fmt.Sprintf("the question was not answered within %v", answerWithin))
		f.screen.event("%s from %s is refused: you did not answer within %v", o.Name, from, answerWithin)
		return
	case answer == refused:
		refuse(ctx, ch, "it was not wanted")
		f.screen.event("%s from %s is refused", o.Name, from)
		return
	default:
		path, err = inbox{askedFolder, math.MaxInt64}.store(ctx, ch, o, io.Discard)
	}
	if err != nil {
		f.screen.event("%s from %s: %v", o.Name, from, err)
		return
	}
	f.screen.event("%s is there", path)
}

package main

import (
	"context"
	"io"
	"sync"

	"github.com/dustin/go-humanize"
	"github.com/sebas642/intercessor/sdk"
)

const (
	atOnce    = 4       // files from one peer
	chatLimit = 1 << 30 // bytes of a file that comes unasked
)

// attend serves one connection of the room: its messages, and the files that
// come beside them. When the messages end, files under way go on: their channels
// do not need the relay. It gives the reason why the messages ended.
func (c *chat) attend(ctx context.Context, p *sdk.Conn, name func() string, messages func(context.Context) error) error {
	accept, stop := context.WithCancel(ctx)
	var files sync.WaitGroup
	files.Go(func() { follow(accept, p, c.screen, name) })
	files.Go(func() { c.takeFiles(ctx, accept, p, name) })
	err := messages(ctx)
	stop()
	files.Wait()
	return err
}

// takeFiles stores what a peer sends until accept ends or the connection does,
// then waits for the files under way, which end with ctx.
func (c *chat) takeFiles(ctx, accept context.Context, from peer, name func() string) {
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
			if ch.Label() == fileLabel { // any other is of an application that this one does not know
				c.takeFile(ctx, ch, name())
			}
		})
	}
}

func (c *chat) takeFile(ctx context.Context, ch channel, from string) {
	o, err := takeOffer(ctx, ch)
	if err != nil {
		c.screen.event("a file from %s did not come: %v", from, err)
		return
	}
	c.screen.event("%s sends %s (%s)", from, o.Name, humanize.Bytes(uint64(o.Size)))
	path, err := c.inbox.store(ctx, ch, o, io.Discard)
	if err != nil {
		c.screen.event("%s from %s: %v", o.Name, from, err)
		return
	}
	c.screen.event("%s is there", path)
}

//go:build linux

package main

import (
	"context"
	"fmt"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/sebas642/intercessor/sdk"
)

// A pair is a listener with its only client.
type pair struct {
	ln             *sdk.Listener
	client, server *sdk.Conn
}

// route says by which addresses, HOST:PORT, the two reach the relay, and how.
type route struct {
	server, client string
	options        *sdk.Options
}

// openPairs opens n pairs, some at a time, or none.
func (b *bench) openPairs(n int, r route) ([]*pair, error) {
	pairs := make([]*pair, n)
	ctx, cancel := context.WithTimeout(b.Ctx, 2*patience)
	defer cancel()
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(16)
	for i := range pairs {
		group.Go(func() (err error) {
			pairs[i], err = openPair(ctx, r)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		closePairs(b.Ctx, pairs)
		return nil, err
	}
	return pairs, nil
}

func openPair(ctx context.Context, r route) (*pair, error) {
	ln, err := sdk.Listen(ctx, "ws://"+r.server+"/server", r.options)
	if err != nil {
		return nil, fmt.Errorf("a server cannot connect: %w", err)
	}
	p := &pair{ln: ln}
	if p.client, err = sdk.Dial(ctx, "ws://"+r.client+"/client/"+ln.ID(), r.options); err != nil {
		p.close()
		return nil, fmt.Errorf("a client cannot connect: %w", err)
	}
	if p.server, err = ln.Accept(ctx); err != nil {
		p.close()
		return nil, fmt.Errorf("a server does not get its client: %w", err)
	}
	return p, nil
}

func (p *pair) close() {
	if p.client != nil {
		_ = p.client.Close()
	}
	_ = p.ln.Close() // and with it p.server
}

// closePairs closes those that are there, all at once. The SDK bounds each, but by ten
// seconds: an interrupt does not wait for them.
func closePairs(ctx context.Context, pairs []*pair) {
	if ctx.Err() != nil {
		return
	}
	var all sync.WaitGroup
	for _, p := range pairs {
		if p != nil {
			all.Go(p.close)
		}
	}
	all.Wait()
}

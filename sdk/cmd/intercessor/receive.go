package main

import (
	"cmp"
	"context"
	"fmt"
	"math"

	"github.com/dustin/go-humanize"

	"github.com/sebas642/intercessor/sdk"
)

// receive receives one file and prints its path.
func receive(ctx context.Context, inv *invocation) error {
	return inv.meet(ctx, inv.operands, func(ctx context.Context, p peer) error {
		ch, err := acceptFile(ctx, p)
		if err != nil {
			return err
		}
		o, err := takeOffer(ctx, ch)
		if err != nil {
			return err
		}
		fmt.Fprintf(inv.err, "Receiving %s (%s).\n", o.Name, humanize.Bytes(uint64(o.Size)))
		asked := inbox{cmp.Or(inv.into, "."), math.MaxInt64} // no limit: the person asked for the file
		progress := newProgress(inv.err, o)
		path, err := asked.store(ctx, ch, o, progress)
		_ = progress.Close()
		if path != "" {
			fmt.Fprintln(inv.out, path)
		}
		return err
	})
}

// acceptFile waits for the channel of a file and closes all others.
func acceptFile(ctx context.Context, p peer) (*sdk.Channel, error) {
	for {
		ch, err := p.AcceptChannel(ctx)
		if err != nil || ch.Label() == fileLabel {
			return ch, err
		}
		_ = ch.Close()
	}
}

package main

import (
	"context"
	"fmt"
	"io"

	"github.com/dustin/go-humanize"
)

// send sends one file and returns once the other side has confirmed its hash.
func send(ctx context.Context, inv *invocation) error {
	file, o, err := openFile(inv.operands[0])
	if err != nil {
		return err
	}
	defer file.Close()
	return inv.meet(ctx, inv.operands[1:], func(ctx context.Context, p peer) error {
		ch, err := p.OpenChannel(ctx, fileLabel)
		if err != nil {
			return err
		}
		progress := newProgress(inv.err, o)
		err = give(ctx, ch, o, io.TeeReader(file, progress))
		_ = progress.Close()
		if err != nil {
			return err
		}
		fmt.Fprintf(inv.err, "The other side has %s (%s).\n", o.Name, humanize.Bytes(uint64(o.Size)))
		return nil
	})
}

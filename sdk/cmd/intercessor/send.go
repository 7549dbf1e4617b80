package main

import (
	"context"
	"fmt"

	"github.com/dustin/go-humanize"
)

// send sends one file and returns once the other side has confirmed its hash.
func send(ctx context.Context, inv *invocation) error {
	file, o, err := openFile(inv.operands[0])
	if err != nil {
		return err
	}
	defer file.Close()
	return inv.meet(ctx, inv.operands[1:], inv.out, once, func(ctx context.Context, p *meeting) error {
		s, err := p.OpenStream(ctx, fileStream)
		if err != nil {
			return err
		}
		if err := give(newWire(ctx, s), o, file, newProgress(p, inv.err)); err != nil {
			return err
		}
		fmt.Fprintf(inv.err, "The other side has %s (%s).\n", o.Name, humanize.Bytes(uint64(o.Size)))
		return nil
	})
}

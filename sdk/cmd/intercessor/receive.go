package main

import (
	"cmp"
	"context"
	"fmt"

	"github.com/dustin/go-humanize"

	"github.com/sebas642/intercessor/sdk"
)

// receive receives one file and prints its path.
func receive(ctx context.Context, inv *invocation) error {
	return inv.meet(ctx, inv.operands, inv.out, once, func(ctx context.Context, p *meeting) error {
		s, err := acceptFile(ctx, p)
		if err != nil {
			return err
		}
		w := newWire(ctx, s)
		o, err := hearOffer(w)
		if err != nil {
			w.end(err)
			return err
		}
		fmt.Fprintf(inv.err, "Receiving %s (%s).\n", o.Name, humanize.Bytes(uint64(o.Size)))
		path, err := inbox{folder: cmp.Or(inv.into, ".")}.store(w, o, newProgress(p, inv.err))
		if path != "" {
			fmt.Fprintln(inv.out, path)
		}
		return err
	})
}

// acceptFile waits for the stream of a file, and refuses others.
func acceptFile(ctx context.Context, p peer) (*sdk.Stream, error) {
	return acceptNamed(ctx, p, fileStream)
}

// acceptNamed waits for a stream with a name, and refuses others.
func acceptNamed(ctx context.Context, p peer, name string) (*sdk.Stream, error) {
	for {
		s, err := p.AcceptStream(ctx)
		if err != nil || s.Name() == name {
			return s, err
		}
		s.CloseWithCode(exitFailed, "only streams with the name "+name+" are taken")
	}
}

// refuseChannels closes data channels: earlier versions sent files over them. It calls told
// after each.
func refuseChannels(ctx context.Context, p peer, told func()) {
	for {
		ch, err := p.AcceptChannel(ctx)
		if err != nil {
			return
		}
		_ = ch.Send(ctx, []byte(`{"refused":"this version is too old to send files to the other side; update it"}`))
		_ = ch.Close()
		told()
	}
}

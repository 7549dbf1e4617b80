//go:build linux

package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/pion/webrtc/v4"
	"github.com/spf13/pflag"

	"github.com/sebas642/intercessor/e2e/cmd/internal/bench"
	"github.com/sebas642/intercessor/sdk"
)

const (
	// chunk is the size of a Write on a stream, and of a message on a raw data channel.
	chunk = 16 << 10

	// maxUnsent is how much waits at a raw data channel. pion says when it is half of that.
	maxUnsent = 1 << 20
)

// streams compares one byte stream with what else carries bytes over the same path.
func streams(flags *pflag.FlagSet) func(*bench.Run) {
	rounds := flags.Int("rounds", 5, "how often both take their turn")
	during := flags.Duration("for", 2*time.Second, "how long to measure")
	warmup := flags.Duration("warmup", 500*time.Millisecond, "the same load before that, not measured")
	profile := flags.String("profile", "", "`file` for a CPU profile of both peers with a stream, for each path")
	return func(r *bench.Run) {
		relay := r.StartRelay("", nil, "--limits-peer-bytes", "1GiB", "--limits-stream-bytes", "1GiB") // no pace
		const size = 60000
		for _, of := range []struct {
			path, beside string
			other        func() *flow
			options      sdk.Options
		}{
			{"relay", "raw WebSocket", func() *flow { return openRaw(r, relay.Address, size, 8) }, sdk.Options{Paths: sdk.PathsRelay}},
			{"relay", "messages", func() *flow { return openFlow(r, 1, relay.Address, relay.Address, nil, size, 8) }, sdk.Options{Paths: sdk.PathsRelay}},
			{"direct", "raw data channel", func() *flow { return openChannel(r) }, sdk.Options{Paths: sdk.PathsDirect}},
		} {
			stream, other := openStream(r, relay, of.options), of.other()
			res := bench.NewResult(fmt.Sprintf("streams: %d rounds, one pair, over %s, beside %s", *rounds, of.path, of.beside), "path", of.path, "beside", of.beside)
			figures := slices.Clone(costFigures)
			if of.path == "direct" {
				figures[1].Ratio = "" // the relay has next to nothing to do
			}
			r.Compare(res, *rounds, figures, [2]bench.Side{costSide("other", other, relay, *during, *warmup), costSide("stream", stream, relay, *during, *warmup)})
			if *profile != "" {
				r.Check(profileTo(*profile+"."+of.path, stream, relay, *during, *warmup))
			}
			stream.close()
			other.close()
		}
	}
}

// openStream opens a flow of chunks on one stream.
func openStream(r *bench.Run, relay *bench.Relay, options sdk.Options) *flow {
	f := newFlow(r, chunk)
	ctx, cancel := context.WithTimeout(r.Ctx, patience)
	defer cancel()
	ln, err := sdk.Listen(ctx, "ws://"+relay.Address+"/server", &options)
	r.Check(err)
	client, err := sdk.Dial(ctx, "ws://"+relay.Address+"/client/"+ln.ID(), &options)
	r.Check(err)
	server, err := ln.Accept(ctx)
	r.Check(err)
	opened, err := client.OpenStream(ctx, "bench")
	r.Check(err)
	accepted, err := server.AcceptStream(ctx)
	r.Check(err)
	data, got := make([]byte, chunk), make([]byte, chunk)
	f.add(1<<10, func(context.Context) error {
		_, err := opened.Write(data)
		return err
	}, func(context.Context) (int, error) { return io.ReadFull(accepted, got) })
	f.leave = func() {
		closeAll(r, []*sdk.Conn{client})
		closeAll(r, []*sdk.Listener{ln})
	}
	return f
}

// openChannel opens a flow between two peers that are pion with its own settings.
func openChannel(r *bench.Run) *flow {
	f := newFlow(r, chunk)
	var peers [2]*webrtc.PeerConnection
	for i := range peers {
		var settings webrtc.SettingEngine
		settings.SetIncludeLoopbackCandidate(true)
		var err error
		peers[i], err = webrtc.NewAPI(webrtc.WithSettingEngine(settings)).NewPeerConnection(webrtc.Configuration{})
		r.Check(err)
	}
	channel, err := peers[0].CreateDataChannel("bench", nil)
	r.Check(err)
	opened, low, got := make(chan struct{}), make(chan struct{}, 1), make(chan int)
	channel.OnOpen(func() { close(opened) })
	channel.SetBufferedAmountLowThreshold(maxUnsent / 2)
	channel.OnBufferedAmountLow(func() {
		select {
		case low <- struct{}{}:
		default:
		}
	})
	peers[1].OnDataChannel(func(dc *webrtc.DataChannel) {
		dc.OnMessage(func(m webrtc.DataChannelMessage) {
			select {
			case got <- len(m.Data):
			case <-f.ctx.Done():
			}
		})
	})
	offer, err := peers[0].CreateOffer(nil)
	r.Check(err)
	r.Check(describe(peers[0], peers[1], offer))
	answer, err := peers[1].CreateAnswer(nil)
	r.Check(err)
	r.Check(describe(peers[1], peers[0], answer))
	select {
	case <-opened:
	case <-time.After(patience):
		r.Fail("the raw data channel does not open")
	}
	data := make([]byte, chunk)
	f.add(1<<10, func(ctx context.Context) error {
		for channel.BufferedAmount() > maxUnsent {
			select {
			case <-low:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return channel.Send(data)
	}, func(ctx context.Context) (int, error) {
		select {
		case n := <-got:
			return n, nil
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	})
	f.leave = func() {
		f.fail(context.Canceled)
		for _, p := range peers {
			_ = p.Close()
		}
	}
	return f
}

// describe gives both peers the description of one, with all its candidates.
func describe(of, to *webrtc.PeerConnection, d webrtc.SessionDescription) error {
	gathered := webrtc.GatheringCompletePromise(of)
	if err := of.SetLocalDescription(d); err != nil {
		return err
	}
	<-gathered
	return to.SetRemoteDescription(*of.LocalDescription())
}

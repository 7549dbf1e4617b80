//go:build linux

package main

import (
	"context"
	"fmt"
	"os"
	"runtime/pprof"
	"time"

	"github.com/coder/websocket"
	"github.com/spf13/pflag"

	"github.com/sebas642/intercessor/e2e/cmd/internal/bench"
	"github.com/sebas642/intercessor/protocol"
)

// rawLimit is the length of a message that fits into one frame with its envelope.
const rawLimit = protocol.MaxMessage - 256

// cost compares linked messages with those of a raw WebSocket client, for each size.
func cost(flags *pflag.FlagSet) func(*bench.Run) {
	sizes := flags.UintSlice("size", []uint{messageSize, 60000}, "`sizes` of messages in bytes, with commas between")
	rounds := flags.Int("rounds", 5, "how often both take their turn")
	during := flags.Duration("for", 2*time.Second, "how long to measure")
	warmup := flags.Duration("warmup", 500*time.Millisecond, "the same load before that, not measured")
	profile := flags.String("profile", "", "`file` for a CPU profile of both peers in a linked turn after those, for each size")
	return func(r *bench.Run) {
		relay := r.StartRelay("", nil)
		for _, size := range *sizes {
			if size < 2 || size > rawLimit {
				r.Check(bench.Mistake(fmt.Sprintf("a message of --size %d does not fit into one frame: from 2 to %d do", size, rawLimit)))
			}
			besideRaw(r, relay, int(size), *rounds, *during, *warmup, *profile)
		}
	}
}

// besideRaw compares for one size. What may be under way is more than a link lets be under
// way, so that it is never the window that a link waits for.
func besideRaw(r *bench.Run, relay *bench.Relay, size, rounds int, during, warmup time.Duration, profile string) {
	window := max(8, 256<<10/size)
	linked, raw := openFlow(r, 1, relay.Address, relay.Address, nil, size, window), openRaw(r, relay.Address, size, window)
	defer linked.close()
	defer raw.close()
	res := bench.NewResult(fmt.Sprintf("cost: %d rounds, one pair, %d bytes, window %d", rounds, size, window), "size", size, "window", window)
	r.Compare(res, rounds, costFigures, [2]bench.Side{costSide("raw", raw, relay, during, warmup), costSide("linked", linked, relay, during, warmup)})
	if profile != "" {
		r.Check(profileTo(fmt.Sprintf("%s.%d", profile, size), linked, relay, during, warmup))
	}
}

// costFigures are the figures of a costSide.
var costFigures = []bench.Figure{
	{Key: "own_cpu_s_per_gb", Label: "CPU time of both peers, s a GB", Ratio: "own_cpu_s_per_gb_ratio"},
	{Key: "relay_cpu_s_per_gb", Label: "CPU time of the relay, s a GB", Ratio: "relay_cpu_s_per_gb_ratio"},
	{Key: "mb_per_second", Label: "MB a second", Ratio: "mb_per_second_ratio"},
}

func costSide(name string, f *flow, relay *bench.Relay, during, warmup time.Duration) bench.Side {
	return bench.Side{Name: name, Turn: func() (figures []float64) {
		f.measure(warmup, func() {
			s := f.observe(relay.PID(), during)
			bytes := float64(s.messages) * float64(f.size)
			figures = []float64{float64(s.ownCPU) / bytes, float64(s.relayCPU) / bytes, bytes / 1e6 / s.took.Seconds()}
		})
		return figures
	}}
}

func profileTo(path string, f *flow, relay *bench.Relay, during, warmup time.Duration) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	f.measure(warmup, func() {
		if err = pprof.StartCPUProfile(file); err == nil {
			f.observe(relay.PID(), during)
			pprof.StopCPUProfile()
		}
	})
	if err != nil {
		return err
	}
	return file.Close()
}

// openRaw opens a flow between two peers that are a WebSocket library and ten lines. It is the
// library of the SDK. They neither parse nor check what they get.
func openRaw(r *bench.Run, address string, size, window int) *flow {
	f := newFlow(r, size)
	server, id := dialRaw(r, "ws://"+address+"/server")
	client, _ := dialRaw(r, "ws://"+address+"/client/"+string(id))
	_, _, err := server.Read(r.Ctx) // PEER_JOINED
	r.Check(err)
	message := chat(size)
	overhead := 0 // of the envelope that the server gets
	f.add(window, func(context.Context) error {
		frame := protocol.AppendEnvelope(nil, id, message.Type, message.Data)
		return client.Write(context.Background(), websocket.MessageText, frame)
	}, func(context.Context) (int, error) {
		_, frame, err := server.Read(context.Background())
		if overhead == 0 {
			overhead = len(frame) - size
		}
		return len(frame) - overhead, err
	})
	f.leave = func() {
		_ = client.CloseNow()
		_ = server.CloseNow()
	}
	return f
}

// dialRaw connects and waits for HELLO.
func dialRaw(r *bench.Run, url string) (*websocket.Conn, protocol.ID) {
	ctx, cancel := context.WithTimeout(r.Ctx, patience)
	defer cancel()
	c, _, err := websocket.Dial(ctx, url, nil)
	r.Check(err)
	c.SetReadLimit(protocol.MaxDelivery)
	_, frame, err := c.Read(ctx)
	r.Check(err)
	d, err := protocol.ParseDelivery(frame)
	r.Check(err)
	hello, err := protocol.ParseHello(d.Message)
	r.Check(err)
	return c, hello.ID
}

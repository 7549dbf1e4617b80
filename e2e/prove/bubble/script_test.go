package bubble

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/history"
	"github.com/sebas642/intercessor/e2e/virtual"
)

// script is the workload of each run: messages both ways, one of several parts if large, and
// the end.
func script(w *world, p point, large bool) {
	up, down := virtual.NewLine(w.relay), virtual.NewLine(w.relay)
	if w.behindHeader {
		down.PlanBehindHeader()
	}
	if p.server {
		up.Plan(p.plan)
	} else {
		down.Plan(p.plan)
	}
	w.log.Add(history.Event{Kind: history.Fault, Name: p.String()})
	if !w.listen(up) {
		w.leave()
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	client := w.dial("client", down)
	if client == nil {
		w.leave()
		return
	}
	_ = client.Send(ctx, 40)
	server := w.other(client)
	if server == nil {
		w.problem("the listener never accepted the client")
		w.leave()
		return
	}
	pause := func() { time.Sleep(7 * time.Millisecond) }
	_ = server.Send(ctx, 40)
	pause()
	_ = client.Send(ctx, 0)
	_ = client.Send(ctx, 90)
	_ = server.Send(ctx, 0)
	time.Sleep(50 * time.Millisecond) // so that acknowledgements are sent alone
	_ = server.Send(ctx, 10)
	if large {
		_ = client.Send(ctx, 36_000)
		_ = server.Send(ctx, 36_000)
	}
	w.log.Add(history.Event{Kind: history.Healed, Name: p.String()})
	w.finish()
}

// rules returns the rules for virtual time, in which only the network causes delays.
func rules() history.Rules {
	return history.Rules{Settle: 75 * time.Second, Skew: time.Millisecond, Delay: time.Second}
}

const sends, largeSends = 6, 8

// traffic returns the bytes of each connection of the script, by direction, without a fault.
func traffic(t *testing.T, large bool) (length map[[2]bool]int64) {
	length = map[[2]bool]int64{}
	for range 5 { // the relay sends random additions; the longest counts
		v := in(t, "", rules(), func(w *world) { script(w, point{}, large) })
		require.True(t, v.ok(), "without a fault: %v", v)
		for server, l := range map[bool]*virtual.Line{true: v.world.lines[v.world.server], false: v.world.lines[v.world.clients[0]]} {
			up, down := l.Traffic(0)
			length[[2]bool{server, false}] = max(length[[2]bool{server, false}], up)
			length[[2]bool{server, true}] = max(length[[2]bool{server, true}], down)
		}
	}
	return length
}

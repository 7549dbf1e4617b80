package talker

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/sebas642/intercessor/e2e/history"
	"github.com/sebas642/intercessor/e2e/prove/form"
)

// Chat sends about fifty messages a second, most of them small, until ctx or the Conn ends.
func (t *Talk) Chat(ctx context.Context, seed uint64) {
	random := rand.New(rand.NewPCG(seed, 3))
	for ctx.Err() == nil {
		size := random.IntN(500)
		if random.IntN(50) == 0 {
			size = random.IntN(200_000)
		}
		if t.Send(ctx, size) != nil {
			return
		}
		form.Pace(ctx, random, 0, 40*time.Millisecond)
	}
}

// ChatEvery sends one small message in each interval, from a random moment of the first on, until
// ctx or the Conn ends.
func (t *Talk) ChatEvery(ctx context.Context, interval time.Duration) {
	for next := time.Now().Add(rand.N(interval)); ctx.Err() == nil; next = next.Add(interval) {
		form.Pause(ctx, time.Until(next))
		if t.Send(ctx, 200) != nil {
			return
		}
	}
}

// Tally returns a line of a table: the number of events of the interesting kinds.
func Tally(kinds map[history.Kind]int) string {
	var b strings.Builder
	for _, kind := range []history.Kind{history.Send, history.Delivered, history.Refused, history.Unknown, history.Receive, history.Fault, history.Away, history.Back, history.Gone} {
		fmt.Fprintf(&b, " %s=%d", kind, kinds[kind])
	}
	return strings.TrimSpace(b.String())
}

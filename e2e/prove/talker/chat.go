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

// Chat sends until its context, or the Conn, ends: some fifty messages a second, small ones
// and now and then a large one.
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

// Tally is the line of a table: how many events of each kind that a reader asks for.
func Tally(kinds map[history.Kind]int) string {
	var b strings.Builder
	for _, kind := range []history.Kind{history.Send, history.Delivered, history.Refused, history.Unknown, history.Receive, history.Fault, history.Away, history.Back, history.Gone} {
		fmt.Fprintf(&b, " %s=%d", kind, kinds[kind])
	}
	return strings.TrimSpace(b.String())
}

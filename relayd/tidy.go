package main

import (
	"context"
	"runtime/debug"
	"time"
)

const (
	tidyEvery = time.Second / 4
	tidyAfter = 1000 // peers that have come
)

// tidy gives memory back to the operating system when many peers have come and
// none comes any more: what net/http used for their handshakes is garbage by then,
// and a relay whose peers are idle, or whose messages allocate nothing, would not
// collect it for minutes. It ends with its context.
func tidy(ctx context.Context, sessions func() int) {
	ticker := time.NewTicker(tidyEvery)
	defer ticker.Stop()
	before, tidied := 0, 0
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		now := sessions()
		if now == before && now >= tidied+tidyAfter {
			debug.FreeOSMemory()
			tidied = now
		}
		tidied, before = min(tidied, now), now
	}
}

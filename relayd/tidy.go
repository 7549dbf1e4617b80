package main

import (
	"context"
	"runtime/debug"
	"time"
)

const (
	tidyEvery = time.Second / 4
	tidyAfter = 1000 // peers that have connected
)

// tidy returns memory to the operating system after many peers have connected and no more
// come. net/http's garbage of their handshakes would otherwise stay for minutes, because
// idle peers and relayed messages allocate nothing. It returns when its context ends.
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

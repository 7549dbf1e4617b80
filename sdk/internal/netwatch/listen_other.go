//go:build !linux && !js

package netwatch

import (
	"context"
	"sync"
)

// listen rings from time to time, until ctx ends; then wait waits for its goroutine.
func listen(ctx context.Context) (rings <-chan struct{}, wait func()) {
	bell := make(chan struct{}, 1)
	var running sync.WaitGroup
	running.Go(func() { poll(ctx, bell) })
	return bell, running.Wait
}

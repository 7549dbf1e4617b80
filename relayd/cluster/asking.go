package cluster

import (
	"context"
	"time"
)

const (
	// maxAsking bounds the newcomers whose rooms are looked up at a time. Any stranger is a newcomer,
	// and these lookups must not delay claims, or lookups for peers that have been in a room.
	maxAsking = 256

	// askWithin is how long a newcomer waits for its lookup to begin.
	askWithin = time.Second
)

// ask counts a newcomer whose room is looked up. It returns false if there are too many.
func (n *Node) ask(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	select {
	case n.asking <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

// asked ends what ask has begun.
func (n *Node) asked() { <-n.asking }

package directory

import (
	"context"
	"fmt"
	"time"

	"github.com/sebas642/intercessor/protocol"
	clientv3 "go.etcd.io/etcd/client/v3"
)

const (
	askEvery    = 3 * time.Second // for a sign of life of a watch
	silentFor   = 10 * time.Second
	beforeList  = time.Second // after a watch was lost
	maxWatching = 4096        // Awaits at once
)

// Await waits until a room's key changes after the revision at, which Lookup returned, and returns
// nil: look again. [ErrLost] says that the watch ended, so that the key may have changed. It has no
// bound of its own but ctx, which must end: a watch that hangs is not noticed. At most 4,096 wait at
// once; others get [ErrWatches].
func (d *Directory) Await(ctx context.Context, key string, at int64) error {
	ctx, cancel := d.whileOpen(ctx)
	defer cancel()
	select {
	case d.watching <- struct{}{}:
		defer func() { <-d.watching }()
	default:
		return ErrWatches
	}
	watch := d.client.Watch(clientv3.WithRequireLeader(ctx), d.roomKey(d.room(key)), clientv3.WithRev(at+1))
	for answer := range watch {
		if len(answer.Events) > 0 {
			return nil
		}
		if err := answer.Err(); err != nil && ctx.Err() == nil {
			return fmt.Errorf("%w: %w", ErrLost, err)
		}
	}
	if err := context.Cause(ctx); err != nil {
		return err
	}
	return ErrLost
}

// Follow reports what others do to the claims of this instance, until ctx ends, and returns why it
// ended. list reads this node's rooms (see [Directory.Read]) and returns the revision of its first
// read. Follow calls it first, and again whenever changes may have been missed: after an
// error, and after a watch that was cancelled, compacted or silent for 10 s. Then changed is called for
// every claim of this instance that another writer replaced or deleted, in order; Delete calls of
// this instance are among them. list and changed are called by the calling goroutine. changed
// must not block.
func (d *Directory) Follow(ctx context.Context, list func(context.Context) (at int64, err error), changed func(Entry)) error {
	ctx, cancel := d.whileOpen(ctx)
	defer cancel()
	for {
		if at, err := list(ctx); err == nil {
			d.follow(ctx, at, changed)
		}
		select {
		case <-time.After(beforeList):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// follow returns when the watch is lost.
func (d *Directory) follow(ctx context.Context, at int64, changed func(Entry)) {
	ctx, cancel := context.WithCancel(clientv3.WithRequireLeader(ctx))
	defer cancel()
	begin := time.AfterFunc(silentFor, cancel)
	watch := d.client.Watch(ctx, d.prefix+roomsKey, clientv3.WithPrefix(), clientv3.WithRev(at+1), clientv3.WithPrevKV(), clientv3.WithFragment())
	begin.Stop()
	ask := time.NewTicker(askEvery)
	defer ask.Stop()
	heard := time.Now()
	for {
		select {
		case answer, ok := <-watch:
			if !ok || answer.Err() != nil {
				return
			}
			heard = time.Now()
			for _, event := range answer.Events {
				if entry, ok := d.foreign(event); ok {
					changed(entry)
				}
			}
		case <-ask.C:
			if time.Since(heard) > silentFor {
				return
			}
			asking, stop := context.WithTimeout(ctx, askEvery)
			_ = d.client.RequestProgress(asking) // silence says that it failed
			stop()
		}
	}
}

// foreign holds for events that take a claim from this instance.
func (d *Directory) foreign(event *clientv3.Event) (Entry, bool) {
	if event.PrevKv == nil {
		return Entry{}, false
	}
	h, ok := hashOf(event.Kv.Key, d.prefix+roomsKey)
	if !ok {
		return Entry{}, false
	}
	before := d.openClaim(h, event.PrevKv.Value)
	if before == nil || before.Home != d.config.Self {
		return Entry{}, false
	}
	entry := Entry{Room: protocol.RoomKey(string(before.Server))}
	if event.Type == clientv3.EventTypePut {
		entry.Revision, entry.Claim = event.Kv.ModRevision, d.openClaim(h, event.Kv.Value)
	}
	return entry, entry.Claim == nil || entry.Claim.Home != d.config.Self
}

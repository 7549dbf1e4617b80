package directory

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/sebas642/intercessor/relayd/cluster/home"
	clientv3 "go.etcd.io/etcd/client/v3"
)

const (
	// maxAlone is how many transactions of lookups are under way before lookups gather: then all that
	// come within gatherFor share one. A storm of peers, or of wrong IDs, would otherwise keep nodes and
	// etcd busy with transactions.
	maxAlone  = 4
	gatherFor = 5 * time.Millisecond
)

// queries are the lookups under way.
type queries struct {
	mu    sync.Mutex
	under int    // guarded by mu: transactions
	next  *query // guarded by mu: gathers lookups; nil if none does
}

// A query is one transaction for the lookups of some rooms.
type query struct {
	keys  []string      // guarded by queries.mu until it is no longer next
	full  chan struct{} // closed when it takes no more
	done  chan struct{}
	found []finding // for each of keys; static after done
}

// A finding is the result of one lookup.
type finding struct {
	view home.View
	at   int64
	err  error
}

// Lookup returns what the directory says of a room and of all instances, in one linearizable
// transaction, which lookups of other rooms may share. at is the directory's revision then: see
// [Directory.Await]. It answers or fails within 500 ms. key is the room's RoomKey. The view's
// Instances must not be changed. After an error nothing is known of the room.
func (d *Directory) Lookup(ctx context.Context, key string) (view home.View, at int64, err error) {
	ctx, cancel := d.bound(ctx, lookupWithin)
	defer cancel()
	q, i, first := d.queries.join(key)
	if first {
		d.run(q)
	}
	select {
	case <-q.done:
	case <-ctx.Done():
		return home.View{}, 0, fmt.Errorf("cannot look up a room in etcd: %w", context.Cause(ctx))
	}
	f := q.found[i]
	if f.err != nil {
		return home.View{}, 0, fmt.Errorf("cannot look up a room in etcd: %w", f.err)
	}
	return f.view, f.at, nil
}

// join returns a query that has not begun, the place of the room in it, and whether the caller has to
// run it.
func (s *queries) join(key string) (q *query, place int, first bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q = s.next
	if first = q == nil; first {
		q = &query{full: make(chan struct{}), done: make(chan struct{})}
		if s.under++; s.under > maxAlone {
			s.next = q
		} else {
			close(q.full)
		}
	}
	q.keys = append(q.keys, key)
	if len(q.keys) == MaxRead {
		s.next = nil
		close(q.full)
	}
	return q, len(q.keys) - 1, first
}

// run gathers lookups, and makes the query. The contexts of the callers do not bound it, because they
// differ.
func (d *Directory) run(q *query) {
	s := &d.queries
	gathered := time.NewTimer(gatherFor)
	defer gathered.Stop()
	select {
	case <-q.full:
	case <-gathered.C:
		s.mu.Lock()
		if s.next == q {
			s.next = nil
		}
		s.mu.Unlock()
	}
	ctx, cancel := d.bound(context.Background(), lookupWithin-gatherFor)
	defer cancel()
	q.found = d.lookup(ctx, q.keys)
	close(q.done)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.under--
}

// lookup looks up rooms in one transaction, or in several if values that no node writes are too large
// for one.
func (d *Directory) lookup(ctx context.Context, keys []string) []finding {
	gets, hashes := d.getState(), make([]hash, len(keys))
	for i, key := range keys {
		hashes[i] = d.room(key)
		gets = append(gets, clientv3.OpGet(d.roomKey(hashes[i])))
	}
	answer, err := d.read(ctx, lookupWithin, gets...)
	if half := len(keys) / 2; errors.Is(err, ErrLarge) && half > 0 {
		return append(d.lookup(ctx, keys[:half]), d.lookup(ctx, keys[half:])...)
	}
	var view home.View
	if err == nil {
		view, err = d.state(answer.Header, answer.Responses)
	}
	found := make([]finding, len(keys))
	for i, key := range keys {
		if found[i].err = err; err != nil {
			continue
		}
		entry := d.entry(key, hashes[i], answer.Responses[stateGets+i].GetResponseRange().Kvs)
		found[i].view, found[i].at = view, answer.Header.Revision
		found[i].view.Revision, found[i].view.Claim = entry.Revision, entry.Claim
	}
	if self, joined := view.Instances[d.config.Self]; err == nil && d.marks.joined() && !(joined && self.Alive) {
		d.marks.hurry() // they are lost: the keeper puts them again
	}
	return found
}

package directory_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sebas642/intercessor/relayd/cluster/directory"
	"github.com/stretchr/testify/require"
)

// TestAwait: a watch from a lookup's revision sees what was written right after the lookup, and
// what is written later, and ends with its context and with Close.
func TestAwait(t *testing.T) {
	t.Parallel()
	_, endpoints := one(t)
	a, b := join(t, "a", 1, endpoints), join(t, "b", 2, endpoints)
	_, at := b.look(t, "room")
	a.mustClaim(t, "other")
	revision := a.mustClaim(t, "room")
	require.NoError(t, b.Await(within(t, patience), "room", at))

	view, at := b.look(t, "room")
	require.Equal(t, revision, view.Revision)
	awaits := func(n *node, ctx context.Context) <-chan error {
		ended := make(chan error, 1)
		go func() { ended <- n.Await(ctx, "room", at) }()
		return ended
	}
	ended := awaits(b, within(t, patience))
	require.NoError(t, a.Delete(within(t, patience), "room", revision))
	require.NoError(t, <-ended)

	_, at = b.look(t, "room")
	ctx, cancel := context.WithCancel(t.Context())
	ended = awaits(b, ctx)
	cancel()
	require.ErrorIs(t, <-ended, context.Canceled)
	ended = awaits(b, t.Context())
	b.Close()
	require.ErrorIs(t, <-ended, directory.ErrClosed)
}

// TestAwaitCompacted: a watch from a revision that etcd has compacted says that it is lost.
func TestAwaitCompacted(t *testing.T) {
	t.Parallel()
	_, endpoints := one(t)
	a := join(t, "a", 1, endpoints)
	_, at := a.look(t, "room")
	revision := a.mustClaim(t, "room")
	_, err := stranger(t, endpoints...).Compact(within(t, patience), revision)
	require.NoError(t, err)
	require.ErrorIs(t, a.Await(within(t, patience), "room", at-1), directory.ErrLost)
}

// A follower counts its lists and keeps what it was told.
type follower struct {
	tries   atomic.Int64 // lists that began
	lists   chan int64   // revisions of those that had an answer
	changes chan directory.Entry
	ended   chan error
}

func follow(t *testing.T, n *node, room string) *follower {
	t.Helper()
	f := &follower{lists: make(chan int64, 1000), changes: make(chan directory.Entry, 1000), ended: make(chan error, 1)}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		f.ended <- n.Follow(ctx, func(ctx context.Context) (int64, error) {
			f.tries.Add(1)
			_, at, err := n.Read(ctx, []string{room})
			if err == nil {
				f.lists <- at
			}
			return at, err
		}, func(e directory.Entry) { f.changes <- e })
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-f.ended; !errors.Is(err, directory.ErrClosed) {
			require.ErrorIs(t, err, context.Canceled)
		}
	})
	f.listed(t)
	return f
}

func (f *follower) listed(t *testing.T) int64 {
	t.Helper()
	select {
	case at := <-f.lists:
		return at
	case <-time.After(patience):
		require.Fail(t, "Follow does not list")
		return 0
	}
}

func (f *follower) change(t *testing.T) directory.Entry {
	t.Helper()
	select {
	case e := <-f.changes:
		return e
	case <-time.After(patience):
		require.Fail(t, "Follow does not tell of a change")
		return directory.Entry{}
	}
}

// knows waits until the follower was told of a change at the revision, or has listed since.
func (f *follower) knows(t *testing.T, revision int64) {
	t.Helper()
	for known := int64(0); known < revision; {
		select {
		case e := <-f.changes:
			known = e.Revision
		case known = <-f.lists:
		case <-time.After(patience):
			require.Fail(t, "Follow neither tells of a change nor lists")
		}
	}
}

// TestFollow: a node hears what others do to its claims, in order, and nothing else.
func TestFollow(t *testing.T) {
	t.Parallel()
	_, endpoints := one(t)
	a, b := join(t, "a", 1, endpoints), join(t, "b", 2, endpoints)
	foreign := stranger(t, endpoints...)
	first := a.mustClaim(t, "room")
	f := follow(t, a, "room")

	b.mustClaim(t, "other")
	a.mustClaim(t, "third")
	first, err := a.Claim(within(t, patience), a.claim("room"), first) // its own: not told
	require.NoError(t, err)
	claim := b.claim("room")
	moved, err := b.Claim(within(t, patience), claim, first)
	require.NoError(t, err)
	require.Equal(t, directory.Entry{Room: "room", Revision: moved, Claim: &claim}, f.change(t))

	require.NoError(t, b.Delete(within(t, patience), "room", moved)) // no claim of a: not told
	a.mustClaim(t, "room")
	put, err := foreign.Put(within(t, patience), roomKey(a, "room"), "garbage")
	require.NoError(t, err)
	require.Equal(t, directory.Entry{Room: "room", Revision: put.Header.Revision}, f.change(t))

	_, err = foreign.Delete(within(t, patience), roomKey(a, "third"))
	require.NoError(t, err)
	require.Equal(t, directory.Entry{Room: "third"}, f.change(t))
}

// TestFollowThroughFaults: after etcd was killed, and after it hung for longer than a watch may be
// silent, a node hears or reads of every change.
func TestFollowThroughFaults(t *testing.T) {
	t.Parallel()
	member, endpoints := one(t)
	a, b := join(t, "a", 1, endpoints), join(t, "b", 2, endpoints)
	revision := a.mustClaim(t, "room")
	f := follow(t, a, "room")
	member.Kill()
	member.Start()
	member.Wait()
	claim := b.claim("room")
	moved, err := b.Claim(within(t, patience), claim, revision)
	require.NoError(t, err)
	f.knows(t, moved)

	tries := f.tries.Load()
	member.Pause()
	require.Eventually(t, func() bool { return f.tries.Load() > tries }, patience, 10*time.Millisecond)
	for len(f.lists) > 0 {
		<-f.lists
	}
	member.Resume()
	f.listed(t)
}

// TestFollowCompacted: a node lists again if etcd has compacted what it has to hear.
func TestFollowCompacted(t *testing.T) {
	t.Parallel()
	member, endpoints := one(t)
	way := newCable(t, member.Address())
	a, b := join(t, "a", 1, []string{way.endpoint()}), join(t, "b", 2, endpoints)
	revision := a.mustClaim(t, "room")
	f := follow(t, a, "room")
	_, err := a.Claim(within(t, patience), a.claim("room2"), 0)
	require.NoError(t, err)
	way.set(true)
	moved, err := b.Claim(within(t, patience), b.claim("room"), revision)
	require.NoError(t, err)
	for i := range 3 {
		b.mustClaim(t, fmt.Sprint("room", 10+i))
	}
	_, at := b.look(t, "room")
	_, err = stranger(t, endpoints...).Compact(within(t, patience), at)
	require.NoError(t, err)
	way.set(false)
	f.knows(t, moved)
}

// TestManyAwaits: 1,000 watches on one room all hear of its claim.
func TestManyAwaits(t *testing.T) {
	t.Parallel()
	_, endpoints := one(t)
	a := join(t, "a", 1, endpoints)
	_, at := a.look(t, "room")
	ended := make(chan error)
	for range 1000 {
		go func() { ended <- a.Await(within(t, patience), "room", at) }()
	}
	a.mustClaim(t, "room")
	for range 1000 {
		require.NoError(t, <-ended)
	}
}

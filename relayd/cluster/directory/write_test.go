package directory_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sebas642/intercessor/relayd/cluster/directory"
	"github.com/stretchr/testify/require"
	clientv3 "go.etcd.io/etcd/client/v3"
)

// TestThousandClaims: 1,000 claims at once are all there afterwards, and among them those that must
// fail fail alone.
func TestThousandClaims(t *testing.T) {
	t.Parallel()
	_, endpoints := one(t)
	a, b := join(t, "a", 1, endpoints), join(t, "b", 2, endpoints)
	for i := range 10 {
		b.mustClaim(t, fmt.Sprint("room", i*100))
	}
	revisions := make([]int64, 1000)
	errs := make([]error, len(revisions))
	var all sync.WaitGroup
	for i := range revisions {
		all.Go(func() { revisions[i], errs[i] = a.Claim(t.Context(), a.claim(fmt.Sprint("room", i)), 0) })
	}
	all.Wait()
	for i := range revisions {
		room := fmt.Sprint("room", i)
		entries, _, err := b.Read(within(t, patience), []string{room})
		require.NoError(t, err)
		if i%100 == 0 {
			require.ErrorIs(t, errs[i], directory.ErrChanged, room)
			require.Equal(t, b.self, entries[0].Claim.Home, room)
			continue
		}
		require.NoError(t, errs[i], room)
		claim := a.claim(room)
		require.Equal(t, directory.Entry{Room: room, Revision: revisions[i], Claim: &claim}, entries[0])
	}
}

// TestOneOfMany: of claims of one room at once, by two nodes, exactly one is written, and each
// caller knows whether it was its own.
func TestOneOfMany(t *testing.T) {
	t.Parallel()
	_, endpoints := one(t)
	nodes := []*node{join(t, "a", 1, endpoints), join(t, "b", 2, endpoints)}
	for round := range 20 {
		room := fmt.Sprint("room", round)
		var won atomic.Int64
		var all sync.WaitGroup
		for i := range 20 {
			n := nodes[i%2]
			all.Go(func() {
				revision, err := n.Claim(t.Context(), n.claim(room), 0)
				if err == nil {
					won.Add(revision)
				} else if !errors.Is(err, directory.ErrChanged) {
					won.Add(-1 << 40)
				}
			})
		}
		all.Wait()
		view, _ := nodes[0].look(t, room)
		require.Equal(t, won.Load(), view.Revision)
	}
}

// TestNotAlive: an instance whose mark is not there writes no claim.
func TestNotAlive(t *testing.T) {
	t.Parallel()
	_, endpoints := one(t)
	a, b := open(t, "a", 1, endpoints), join(t, "b", 2, endpoints)
	_, err := a.Claim(within(t, patience), a.claim("room"), 0)
	require.ErrorIs(t, err, directory.ErrNotAlive)
	_, err = a.Join(within(t, patience))
	require.NoError(t, err)
	revision := a.mustClaim(t, "room")

	require.NoError(t, b.Revoke(within(t, patience), a.self))
	require.EventuallyWithT(t, func(c *collect) { // until its keeper puts the mark again
		moved, err := a.Claim(t.Context(), a.claim("room"), revision)
		require.NoError(c, err)
		revision = moved
	}, patience, time.Millisecond)
	require.True(t, a.next(t).Again)

	require.NoError(t, a.Leave(within(t, patience)))
	_, err = a.Claim(within(t, patience), a.claim("room"), revision)
	require.ErrorIs(t, err, directory.ErrNotAlive)
	require.NoError(t, a.Delete(within(t, patience), "room", revision), "it may still delete")
}

// TestUnknown: while etcd does not answer, the outcome of a claim or delete is unknown. A fence makes it
// known: afterwards the room's key says whether it was written, and stays as it is.
func TestUnknown(t *testing.T) {
	t.Parallel()
	member, endpoints := one(t)
	a := join(t, "a", 1, endpoints)
	warm := a.mustClaim(t, "warm")
	member.Pause()
	var claim, del error
	var both sync.WaitGroup
	both.Go(func() { _, claim = a.Claim(t.Context(), a.claim("room"), 0) })
	both.Go(func() { del = a.Delete(t.Context(), "warm", warm) })
	both.Wait()
	require.ErrorIs(t, claim, directory.ErrUnknown)
	require.ErrorIs(t, del, directory.ErrUnknown)
	require.Error(t, a.Fence(t.Context()))

	member.Resume()
	require.EventuallyWithT(t, func(c *collect) { require.NoError(c, a.Fence(t.Context())) }, patience, time.Millisecond)
	before, _, err := a.Read(within(t, patience), []string{"room", "warm"})
	require.NoError(t, err)
	require.NoError(t, a.Fence(within(t, patience)))
	after, _, err := a.Read(within(t, patience), []string{"room", "warm"})
	require.NoError(t, err)
	require.Equal(t, before, after)
	require.EventuallyWithT(t, func(c *collect) { // until its keeper knows what became of the fences
		revision, err := a.Claim(t.Context(), a.claim("room"), after[0].Revision)
		require.NoError(c, err)
		require.Greater(c, revision, after[0].Revision)
	}, patience, time.Millisecond)
}

// TestFence: what was on its way when a fence was put is not written later. Here the way is a cable
// that holds back what the instance sends.
func TestFence(t *testing.T) {
	t.Parallel()
	member, endpoints := one(t)
	way := newCable(t, member.Address())
	late := join(t, "a", 1, []string{way.endpoint()})
	warm := late.mustClaim(t, "warm")
	way.hold()
	var claim, del error
	var both sync.WaitGroup
	both.Go(func() { _, claim = late.Claim(t.Context(), late.claim("room"), 0) })
	both.Go(func() { del = late.Delete(t.Context(), "warm", warm) })
	both.Wait()
	require.ErrorIs(t, claim, directory.ErrUnknown)
	require.ErrorIs(t, del, directory.ErrUnknown)

	// The fence of the same instance, by another way.
	mark := "test/nodes/a/0000000000000001/alive"
	foreign := stranger(t, endpoints...)
	got, err := foreign.Get(within(t, patience), mark)
	require.NoError(t, err)
	_, err = foreign.Put(within(t, patience), mark, string(got.Kvs[0].Value), clientv3.WithLease(clientv3.LeaseID(got.Kvs[0].Lease)))
	require.NoError(t, err)
	way.release()
	require.EventuallyWithT(t, func(c *collect) { require.NoError(c, late.Fence(t.Context())) }, patience, time.Millisecond)
	view, _ := late.look(t, "room")
	require.Zero(t, view.Revision)
	view, _ = late.look(t, "warm")
	require.Equal(t, warm, view.Revision)
}

// TestNotWritten: a call that ends before etcd was asked says that nothing was written.
func TestNotWritten(t *testing.T) {
	t.Parallel()
	_, endpoints := one(t)
	a := join(t, "a", 1, endpoints)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := a.Claim(ended, a.claim("room"), 0)
	require.ErrorIs(t, err, context.Canceled)
	require.NotErrorIs(t, err, directory.ErrUnknown)
	view, _ := a.look(t, "room")
	require.Zero(t, view.Revision)

	a.Close()
	_, err = a.Claim(t.Context(), a.claim("room"), 0)
	require.ErrorIs(t, err, directory.ErrClosed)
	require.NotErrorIs(t, err, directory.ErrUnknown)
	_, _, err = a.Lookup(t.Context(), "room")
	require.ErrorIs(t, err, directory.ErrClosed)
}

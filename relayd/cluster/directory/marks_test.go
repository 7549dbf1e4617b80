package directory_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/sebas642/intercessor/relayd/cluster/directory"
	"github.com/sebas642/intercessor/relayd/cluster/etcdtest"
	"github.com/sebas642/intercessor/relayd/cluster/home"
	"github.com/stretchr/testify/require"
	clientv3 "go.etcd.io/etcd/client/v3"
)

// TestLeases: each mark has a lease of its own of the length that the norm gives.
func TestLeases(t *testing.T) {
	t.Parallel()
	_, endpoints := one(t)
	join(t, "a", 1, endpoints)
	foreign := stranger(t, endpoints...)
	for mark, ttl := range map[string]int64{"alive": 15, "recent": 5 + 25, "kept": 24 * 60 * 60} {
		got, err := foreign.Get(within(t, patience), "test/nodes/a/0000000000000001/"+mark)
		require.NoError(t, err)
		require.Len(t, got.Kvs, 1, mark)
		require.Equal(t, "\x01a:4000", string(got.Kvs[0].Value))
		lease, err := foreign.TimeToLive(within(t, patience), clientv3.LeaseID(got.Kvs[0].Lease), clientv3.WithAttachedKeys())
		require.NoError(t, err)
		require.Equal(t, ttl, lease.GrantedTTL, mark)
		require.Len(t, lease.Keys, 1, mark)
	}
}

// TestCut: the mark "alive" of an instance that is cut from etcd ends with its lease, "recent" stays;
// after the cut the same instance puts all again, unsettled, and its claims hold.
func TestCut(t *testing.T) {
	t.Parallel()
	member, endpoints := one(t)
	way := newCable(t, member.Address())
	a, b := join(t, "a", 1, []string{way.endpoint()}), join(t, "b", 2, endpoints)
	revision := a.mustClaim(t, "room")
	way.set(true)
	marks := func() home.Marks {
		view, _ := b.look(t, "room")
		return view.Instances[a.self]
	}
	require.False(t, a.next(t).Sure)
	require.Eventually(t, func() bool { return !marks().Alive }, patience, 10*time.Millisecond)
	require.True(t, marks().Kept)
	_, _, err := a.Lookup(t.Context(), "room")
	require.Error(t, err)

	way.set(false)
	require.Equal(t, directory.Standing{Sure: true, Again: true}, a.next(t))
	require.Equal(t, home.Marks{Address: "a:4000", Alive: true, Recent: true, Kept: true, Unsettled: true}, marks())
	view, _ := b.look(t, "room")
	require.Equal(t, revision, view.Revision)
	require.Equal(t, a.self, view.Claim.Home)
	require.False(t, view.Young)
	require.NoError(t, a.Settle(within(t, patience)))
	require.False(t, marks().Unsettled)
}

// TestShortCut: a cut that is shorter than the leases changes nothing but how sure the instance is.
func TestShortCut(t *testing.T) {
	t.Parallel()
	member, _ := one(t)
	a := join(t, "a", 1, []string{member.Endpoint()})
	member.Pause()
	unsure := a.next(t)
	require.False(t, unsure.Sure)
	require.Error(t, unsure.Cause)
	member.Resume()
	s := a.next(t)
	require.True(t, s.Sure)
	view, _ := a.look(t, "room")
	require.True(t, view.Instances[a.self].Alive)
	require.Equal(t, s.Again, view.Instances[a.self].Unsettled, "unsettled if the leases were lost")
}

// TestEmptied: if all keys are deleted, the instance puts its marks again, with young and unsettled
// in the same transaction.
func TestEmptied(t *testing.T) {
	t.Parallel()
	_, endpoints := one(t)
	a := join(t, "a", 1, endpoints)
	a.mustClaim(t, "room")
	_, err := stranger(t, endpoints...).Delete(within(t, patience), "test/", clientv3.WithPrefix())
	require.NoError(t, err)
	require.Equal(t, directory.Standing{Sure: true, Again: true, Young: true}, a.next(t))
	view, _ := a.look(t, "room")
	require.Equal(t, home.View{Young: true, Instances: map[home.Instance]home.Marks{
		a.self: {Address: "a:4000", Alive: true, Recent: true, Kept: true, Unsettled: true},
	}}, view)
}

// TestBack: a directory that comes back with a lower revision is not believed until the instance
// has put its marks, young and unsettled.
func TestBack(t *testing.T) {
	t.Parallel()
	member, endpoints := one(t)
	a := join(t, "a", 1, endpoints)
	for i := range 50 {
		a.mustClaim(t, fmt.Sprint("room", i))
	}
	member.Kill()
	member.Forget()
	member.Start()
	member.Wait()
	foreign := stranger(t, endpoints...)
	_, err := foreign.Put(within(t, patience), "test/other", "so that it is not empty")
	require.NoError(t, err)
	for { // no answer says that the room is not there, unless it says young, too
		view, _, err := a.Lookup(t.Context(), "room1")
		if err == nil {
			require.True(t, view.Young)
			require.True(t, view.Instances[a.self].Unsettled)
			break
		}
		require.NoError(t, t.Context().Err())
	}
	s := a.next(t)
	for !s.Again { // it may have been unsure before
		s = a.next(t)
	}
	require.True(t, s.Young)
	_, err = a.Claim(within(t, patience), a.claim("room1"), 0)
	require.NoError(t, err)
}

// TestYoung: young and unsettled are seen by all and end by Settle and with the lease.
func TestYoung(t *testing.T) {
	t.Parallel()
	_, endpoints := one(t)
	a, b := join(t, "a", 1, endpoints), join(t, "b", 2, endpoints)
	require.NoError(t, a.Lose(within(t, patience)))
	view, _ := b.look(t, "room")
	require.True(t, view.Young)
	require.True(t, view.Instances[a.self].Unsettled)
	require.False(t, view.Instances[b.self].Unsettled)
	require.NoError(t, a.Settle(within(t, patience)))
	view, _ = b.look(t, "room")
	require.False(t, view.Instances[a.self].Unsettled)

	foreign := stranger(t, endpoints...)
	got, err := foreign.Get(within(t, patience), "test/young")
	require.NoError(t, err)
	lease, err := foreign.TimeToLive(within(t, patience), clientv3.LeaseID(got.Kvs[0].Lease))
	require.NoError(t, err)
	require.EqualValues(t, 5+25, lease.GrantedTTL)
}

// TestNextInstance: a new process of a node takes alive from those before that do not answer, and puts their
// recent anew. What is kept of those that were not alive goes.
func TestNextInstance(t *testing.T) {
	t.Parallel()
	_, endpoints := one(t)
	first, old := open(t, "a", 1, endpoints), home.Instance{Name: "a", Number: 9}
	s, err := first.Join(within(t, patience))
	require.NoError(t, err)
	require.Equal(t, directory.Standing{Sure: true, Young: true}, s)
	first.Close()
	foreign := stranger(t, endpoints...)
	for _, key := range []string{"a/0000000000000009/kept", "b/0000000000000009/kept"} {
		_, err = foreign.Put(within(t, patience), "test/nodes/"+key, "\x01old:1")
		require.NoError(t, err)
	}
	_, err = foreign.Delete(within(t, patience), "test/nodes/a/0000000000000001/recent") // as after a long cut
	require.NoError(t, err)
	_, err = foreign.Delete(within(t, patience), "test/young")
	require.NoError(t, err)

	second := open(t, "a", 2, endpoints)
	_, err = second.Join(within(t, patience), old)
	require.ErrorIs(t, err, directory.ErrRival, "the first was not asked")
	instances, err := second.Instances(within(t, patience))
	require.NoError(t, err)
	other := home.Instance{Name: "b", Number: 9}
	require.Equal(t, map[home.Instance]home.Marks{
		first.self: {Address: "a:4000", Alive: true, Kept: true},
		old:        {Address: "old:1", Kept: true},
		other:      {Address: "old:1", Kept: true},
	}, instances)
	s, err = second.Join(within(t, patience), first.self, old)
	require.NoError(t, err)
	require.Equal(t, directory.Standing{Sure: true}, s)
	instances, err = second.Instances(within(t, patience))
	require.NoError(t, err)
	require.Equal(t, map[home.Instance]home.Marks{
		first.self:  {Address: "a:4000", Recent: true, Kept: true},
		old:         {Address: "old:1", Recent: true},
		second.self: {Address: "a:4000", Alive: true, Recent: true, Kept: true},
		other:       {Address: "old:1", Kept: true},
	}, instances)
	got, err := foreign.Get(within(t, patience), "test/nodes/a/0000000000000009/recent")
	require.NoError(t, err)
	lease, err := foreign.TimeToLive(within(t, patience), clientv3.LeaseID(got.Kvs[0].Lease))
	require.NoError(t, err)
	require.EqualValues(t, 5+25, lease.GrantedTTL)

	require.NoError(t, second.Leave(within(t, patience)))
	instances, err = second.Instances(within(t, patience))
	require.NoError(t, err)
	require.Equal(t, home.Marks{Address: "a:4000", Recent: true, Kept: true}, instances[second.self])
}

// TestReplaced: an instance that finds another one of its name alive puts no marks again, and says so.
func TestReplaced(t *testing.T) {
	t.Parallel()
	_, endpoints := one(t)
	first, second := join(t, "a", 1, endpoints), open(t, "a", 2, endpoints)
	revision := first.mustClaim(t, "room")
	_, err := second.Join(within(t, patience), first.self)
	require.NoError(t, err)
	_, err = first.Claim(within(t, patience), first.claim("room"), revision)
	require.ErrorIs(t, err, directory.ErrNotAlive)
	require.Equal(t, directory.Standing{Replaced: true}, first.next(t))
	view, _ := second.look(t, "room")
	require.Equal(t, home.Marks{Address: "a:4000", Recent: true, Kept: true}, view.Instances[first.self])
	require.True(t, view.Instances[second.self].Alive)
}

// TestRestored: an etcd with the keys of another one is young from the first read, until a node has
// put the mark and the new name.
func TestRestored(t *testing.T) {
	t.Parallel()
	_, before := one(t)
	join(t, "a", 1, before).mustClaim(t, "room")
	_, after := one(t)
	restored := stranger(t, after...)
	all, err := stranger(t, before...).Get(within(t, patience), "test/", clientv3.WithPrefix())
	require.NoError(t, err)
	for _, kv := range all.Kvs {
		_, err := restored.Put(within(t, patience), string(kv.Key), string(kv.Value))
		require.NoError(t, err)
	}
	b := open(t, "b", 2, after)
	view, _ := b.look(t, "other")
	require.True(t, view.Young)
	s, err := b.Join(within(t, patience))
	require.NoError(t, err)
	require.Equal(t, directory.Standing{Sure: true, Young: true}, s)
	view, _ = b.look(t, "other")
	require.True(t, view.Young, "the mark")
	require.NoError(t, b.EndYoung(within(t, patience)))
	view, _ = b.look(t, "other")
	require.False(t, view.Young)
	c := open(t, "c", 3, after)
	s, err = c.Join(within(t, patience))
	require.NoError(t, err)
	require.Equal(t, directory.Standing{Sure: true}, s)

	c.Close()
	_, err = restored.Delete(within(t, patience), "test/cluster")
	require.NoError(t, err)
	require.True(t, b.next(t).Young, "a node that runs notices it")
}

// TestRestoredWithAnEarlierProcess: a copy of etcd says that an earlier process of the node is alive. The
// one that runs takes that for what it was.
func TestRestoredWithAnEarlierProcess(t *testing.T) {
	t.Parallel()
	member, endpoints := one(t)
	first := join(t, "a", 1, endpoints)
	snapshot := member.Save()
	first.Close()
	second := open(t, "a", 2, endpoints)
	_, err := second.Join(within(t, patience), first.self)
	require.NoError(t, err)

	member.Kill()
	etcdtest.Restore([]*etcdtest.Member{member}, snapshot, "another")
	member.Start()
	s := second.next(t)
	for !s.Again && !s.Replaced { // it may have been unsure before
		s = second.next(t)
	}
	require.Equal(t, directory.Standing{Sure: true, Again: true, Young: true}, s)
	view, _ := second.look(t, "room")
	require.Equal(t, home.Marks{Address: "a:4000", Recent: true, Kept: true}, view.Instances[first.self])
	require.True(t, view.Instances[second.self].Alive)
}

// TestConfigurations: what cannot work is refused with its cause.
func TestConfigurations(t *testing.T) {
	t.Parallel()
	for cause, edit := range map[string]func(*directory.Config){
		"name":    func(c *directory.Config) { c.Self.Name = "a/b" },
		"number":  func(c *directory.Config) { c.Self.Number = 0 },
		"address": func(c *directory.Config) { c.Address = "" },
		"window":  func(c *directory.Config) { c.Window = -1 },
		"etcd":    func(c *directory.Config) { c.Endpoints = nil },
	} {
		config := directory.Config{Endpoints: []string{"http://127.0.0.1:1"}, Key: key, Self: home.Instance{Name: "a", Number: 1}, Address: "a:1"}
		edit(&config)
		_, err := directory.Open(config)
		require.ErrorContains(t, err, cause)
	}
}

package directory_test

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"os"
	"runtime"
	"runtime/metrics"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sebas642/intercessor/relayd/cluster/directory"
	"github.com/sebas642/intercessor/relayd/cluster/home"
	"github.com/stretchr/testify/require"
	clientv3 "go.etcd.io/etcd/client/v3"
)

// TestFloodOfForeignKeys: while another writer puts 100,000 rooms that no node can read, lookups and
// claims are answered, a node hears what others do to its claims, and a sweep ends. The short form has 10,000.
func TestFloodOfForeignKeys(t *testing.T) {
	hundreds := 100
	if os.Getenv("INTERCESSOR_PROVE") == "full" {
		hundreds = 1000
	}
	_, endpoints := one(t)
	a, b := join(t, "a", 1, endpoints), join(t, "b", 2, endpoints)
	foreign := stranger(t, endpoints...)
	first := a.mustClaim(t, "room")
	f := follow(t, a, "room")
	var writing sync.WaitGroup
	writing.Go(func() {
		for range hundreds {
			var puts []clientv3.Op
			for range 100 {
				name := make([]byte, 16)
				_, _ = rand.Read(name)
				puts = append(puts, clientv3.OpPut("test/rooms/"+base64.RawURLEncoding.EncodeToString(name), "garbage"))
			}
			if _, err := foreign.Txn(t.Context()).Then(puts...).Commit(); err != nil {
				t.Error(err)
				return
			}
		}
	})
	over := make(chan struct{})
	go func() { writing.Wait(); close(over) }()
	looks, failed := 0, 0
	for done := false; !done; looks++ {
		select {
		case <-over:
			done = true
		default:
		}
		if _, _, err := b.Lookup(t.Context(), "room"); err != nil {
			failed++
		}
		_, err := b.Claim(t.Context(), b.claim(fmt.Sprint("new", looks)), 0)
		require.NoError(t, err)
	}
	t.Logf("%d lookups, %d failed", looks, failed)
	require.Less(t, failed, 1+looks/10)
	claim := b.claim("room")
	moved, err := b.Claim(within(t, patience), claim, first)
	require.NoError(t, err)
	require.Equal(t, directory.Entry{Room: "room", Revision: moved, Claim: &claim}, f.change(t))
	begin := time.Now()
	require.Eventually(t, func() bool { // etcd counts all keys for each page
		deleted, err := b.Sweep(t.Context(), func(home.Instance) bool { return false })
		return err == nil && deleted == 0
	}, 2*patience, time.Second)
	t.Logf("a sweep took %v", time.Since(begin).Round(time.Millisecond))
}

// TestHugeForeignValues: an answer with values that no node writes takes little memory, and what is
// among them is found.
func TestHugeForeignValues(t *testing.T) {
	_, endpoints := one(t)
	a, b := join(t, "a", 1, endpoints), join(t, "b", 2, endpoints)
	foreign := stranger(t, endpoints...)
	rooms := claimAll(t, a, "x", 90)
	for _, room := range rooms[:60] {
		put(t, foreign, roomKey(a, room))
	}
	end := peak()
	entries, _, err := b.Read(within(t, patience), rooms)
	require.NoError(t, err)
	for i, e := range entries {
		require.Equal(t, rooms[i], e.Room)
		require.NotZero(t, e.Revision)
		require.Equal(t, i < 60, e.Claim == nil)
	}
	a.Close()
	_, err = foreign.Delete(within(t, patience), "test/nodes/a/0000000000000001/recent")
	require.NoError(t, err)
	deleted, err := b.Sweep(within(t, patience), func(i home.Instance) bool { return i == a.self })
	require.NoError(t, err)
	require.Equal(t, 30, deleted)
	require.Less(t, end(), uint64(120<<20), "bytes in the heap, with garbage; 60 MiB of values taken at once are 250 MB")
}

// TestForeignMarks: more marks than nodes can have are an error that says so, and so are such as no
// node writes.
func TestForeignMarks(t *testing.T) {
	t.Parallel()
	_, endpoints := one(t)
	a := join(t, "a", 1, endpoints)
	foreign := stranger(t, endpoints...)
	for range 45 {
		var puts []clientv3.Op
		for range 100 {
			puts = append(puts, clientv3.OpPut(fmt.Sprintf("test/nodes/x/%s", rand.Text()), "garbage"))
		}
		_, err := foreign.Txn(within(t, patience)).Then(puts...).Commit()
		require.NoError(t, err)
	}
	_, _, err := a.Lookup(t.Context(), "room")
	require.ErrorContains(t, err, "etcd holds more than 4096 keys under test/nodes/: delete those that no node has written")
	_, err = foreign.Delete(within(t, patience), "test/nodes/x/", clientv3.WithPrefix())
	require.NoError(t, err)
	a.look(t, "room")
	for i := range 5 {
		put(t, foreign, fmt.Sprint("test/nodes/x/", i))
	}
	begin := time.Now()
	_, _, err = a.Lookup(t.Context(), "room")
	require.ErrorIs(t, err, directory.ErrLarge)
	require.Less(t, time.Since(begin), patience)
	_, err = foreign.Delete(within(t, patience), "test/nodes/x/", clientv3.WithPrefix())
	require.NoError(t, err)
	a.look(t, "room")
}

// put writes a value of a mebibyte.
func put(t *testing.T, foreign *clientv3.Client, key string) {
	t.Helper()
	_, err := foreign.Put(within(t, patience), key, strings.Repeat("x", 1<<20))
	require.NoError(t, err)
}

// peak returns what returns the most bytes of objects that the heap has had in the meantime.
func peak() (end func() uint64) {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	read := func() uint64 { metrics.Read(sample); return sample[0].Value.Uint64() }
	runtime.GC()
	first, most := read(), uint64(0)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for ctx.Err() == nil {
			most = max(most, read())
			time.Sleep(time.Millisecond)
		}
	}()
	return func() uint64 { stop(); <-ended; return most - min(first, most) }
}

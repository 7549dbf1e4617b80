package cluster

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/sebas642/intercessor/relayd/cluster/directory"
	"github.com/sebas642/intercessor/relayd/cluster/etcdtest"
	"github.com/sebas642/intercessor/relayd/cluster/home"
	"github.com/sebas642/intercessor/relayd/resume"
	"github.com/stretchr/testify/require"
)

// TestRoomsBeyondAllWatches: a room for which there is no watch left is not looked up more often
// than the others.
func TestRoomsBeyondAllWatches(t *testing.T) {
	t.Parallel()
	d, err := directory.Open(directory.Config{
		Endpoints: []string{etcdtest.Start(t).Endpoint()}, Key: resume.NewKey(), Self: home.Instance{Name: "a", Number: 1}, Address: "a:1",
	})
	require.NoError(t, err)
	var others sync.WaitGroup
	life, end := context.WithCancel(t.Context())
	t.Cleanup(func() {
		end()
		others.Wait()
		d.Close()
	})
	n := &Node{directory: d}
	var view home.View
	var at int64
	require.Eventually(t, func() bool {
		view, at, err = d.Lookup(life, "room")
		return err == nil
	}, time.Minute, time.Millisecond)
	full := make(chan error, 5000)
	for range cap(full) { // more than there may be
		others.Go(func() { full <- d.Await(life, "other", at) })
	}
	require.ErrorIs(t, <-full, directory.ErrWatches)
	ctx, cancel := context.WithTimeout(life, 2*againAfter)
	defer cancel()
	n.await(ctx, "room", &view, at)
	require.Error(t, ctx.Err(), "it would be looked up again")
}

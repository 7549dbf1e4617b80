package virtual_test

import (
	"context"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/virtual"
	"github.com/sebas642/intercessor/sdk"
)

func TestCloseTellsWhatWasNotTaken(t *testing.T) {
	pair(t, func(t *testing.T, w *world) {
		first := w.send(w.client, "1")
		w.gets(w.server, "1")
		second := w.send(w.client, "2")
		synctest.Wait()
		require.NoError(t, w.server.Close())
		w.outcome(first, sdk.Delivered, "")
		w.outcome(second, sdk.Refused, sdk.ReasonClosed)
		err := w.ends(w.client)
		require.ErrorIs(t, err, sdk.ErrPeerGone)
		require.Equal(t, &sdk.GoneError{Reason: sdk.ReasonClosed}, err)
		_, err = w.client.Send(t.Context(), sdk.Message{Type: "late"})
		require.ErrorIs(t, err, sdk.ErrPeerGone)
	})
}

func TestCloseWaitsForWhatWasSent(t *testing.T) {
	pair(t, func(t *testing.T, w *world) {
		var receipts []*sdk.Receipt
		for i := range 5 {
			receipts = append(receipts, w.send(w.client, strconv.Itoa(i)))
		}
		var closing sync.WaitGroup
		closing.Go(func() { require.NoError(t, w.client.CloseContext(t.Context())) })
		time.Sleep(time.Second)
		w.gets(w.server, "0", "1", "2", "3", "4")
		closing.Wait()
		for _, r := range receipts {
			w.outcome(r, sdk.Delivered, "")
		}
		require.ErrorIs(t, w.ends(w.server), sdk.ErrPeerGone)
	})
}

func TestCloseGivesUpAfterItsContext(t *testing.T) {
	pair(t, func(t *testing.T, w *world) {
		r := w.send(w.client, "1")
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		start := time.Now()
		require.ErrorIs(t, w.client.CloseContext(ctx), context.DeadlineExceeded)
		require.Equal(t, 20*time.Second, time.Since(start).Truncate(time.Second))
		w.outcome(r, sdk.Unknown, sdk.ReasonClosedHere)
		w.gets(w.server, "1") // it had arrived all the same
		require.ErrorIs(t, w.ends(w.server), sdk.ErrPeerGone)
	})
}

func TestAbortWaitsForNothing(t *testing.T) {
	pair(t, func(t *testing.T, w *world) {
		r := w.send(w.client, "1")
		synctest.Wait()
		start := time.Now()
		w.client.Abort()
		_, err := w.client.Send(t.Context(), sdk.Message{Type: "late"})
		require.ErrorIs(t, err, sdk.ErrClosed)
		require.ErrorIs(t, err, net.ErrClosed)
		w.outcome(r, sdk.Unknown, sdk.ReasonClosedHere)
		require.ErrorIs(t, w.ends(w.client), sdk.ErrClosed)
		require.ErrorIs(t, w.ends(w.server), sdk.ErrPeerGone)
		require.NoError(t, w.client.Close())
		require.Less(t, time.Since(start), time.Second)
	})
}

func TestAbortEndsACloseThatWaits(t *testing.T) {
	pair(t, func(t *testing.T, w *world) {
		w.send(w.client, "1")
		w.silence()
		start := time.Now()
		var closing sync.WaitGroup
		closing.Go(func() { require.ErrorIs(t, w.client.CloseContext(t.Context()), sdk.ErrClosed) })
		time.Sleep(time.Second)
		w.client.Abort()
		closing.Wait()
		require.Less(t, time.Since(start), 2*time.Second)
	})
}

// The relay does not answer the close frame either.
func TestCloseContextBoundsEverything(t *testing.T) {
	pair(t, func(t *testing.T, w *world) {
		w.send(w.client, "1")
		w.silence()
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		start := time.Now()
		require.ErrorIs(t, w.client.CloseContext(ctx), context.DeadlineExceeded)
		require.Equal(t, 3*time.Second, time.Since(start).Truncate(time.Second))
	})
}

// The network goes silent in the middle of a frame that comes slowly.
func TestCloseIsBoundedInTheMiddleOfAFrame(t *testing.T) {
	pair(t, func(t *testing.T, w *world) {
		w.line.SetWays(virtual.Way{}, virtual.Way{Piece: 100, Rate: 1900})
		w.line.PlanNext(virtual.Cut{}, virtual.Cut{At: 15_000, By: virtual.Silence})
		client := w.dial()
		w.send(w.accept(), `"`+strings.Repeat("x", 30_000)+`"`)
		time.Sleep(time.Second)
		start := time.Now()
		require.NoError(t, client.Close())
		require.Less(t, time.Since(start), 11*time.Second)
	})
}

// The server closes first. What its client takes afterwards is delivered all the same, and
// the server hears of it before the client leaves.
func TestServerThatClosesFirst(t *testing.T) {
	pair(t, func(t *testing.T, w *world) {
		var receipts []*sdk.Receipt
		for i := range 5 {
			receipts = append(receipts, w.send(w.server, strconv.Itoa(i)))
		}
		var closing sync.WaitGroup
		closing.Go(func() { require.NoError(t, w.server.CloseContext(t.Context())) })
		time.Sleep(30 * time.Second)
		w.gets(w.client, "0", "1", "2", "3", "4")
		require.ErrorIs(t, w.ends(w.client), sdk.ErrPeerGone)
		closing.Wait()
		for _, r := range receipts {
			w.outcome(r, sdk.Delivered, "")
		}
	})
}

package queue_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/sdk/internal/queue"
)

var errEnded = errors.New("ended")

func TestItemsComeInOrder(t *testing.T) {
	q := queue.New[int](10, 100)
	for i := range 5 {
		require.NoError(t, q.Offer(i, 1))
	}
	for i := range 5 {
		got, err := q.Get(t.Context())
		require.NoError(t, err)
		require.Equal(t, i, got)
	}
}

func TestBoundInItems(t *testing.T) {
	q := queue.New[string](2, 100)
	require.NoError(t, q.Offer("a", 1))
	require.NoError(t, q.Offer("b", 1))
	require.ErrorIs(t, q.Offer("c", 1), queue.ErrFull)
	_, err := q.Get(t.Context())
	require.NoError(t, err)
	require.NoError(t, q.Offer("c", 1))
}

func TestBoundInBytes(t *testing.T) {
	q := queue.New[string](10, 100)
	require.NoError(t, q.Offer("a", 99))
	require.NoError(t, q.Offer("b", 1))
	require.ErrorIs(t, q.Offer("c", 1), queue.ErrFull)
	require.Len(t, q.Drain(), 2)
	require.NoError(t, q.Offer("larger than the bound, and alone", 101))
	require.ErrorIs(t, q.Offer("d", 0), queue.ErrFull)
}

func TestCloseHandsOutWhatIsThere(t *testing.T) {
	q := queue.New[string](10, 100)
	require.NoError(t, q.Offer("last", 1))
	q.Close(errEnded)
	q.Close(errors.New("only the first reason counts"))
	require.ErrorIs(t, q.Offer("late", 1), errEnded)
	got, err := q.Get(t.Context())
	require.NoError(t, err)
	require.Equal(t, "last", got)
	_, err = q.Get(t.Context())
	require.ErrorIs(t, err, errEnded)
}

func TestGetLooksBeforeItWaits(t *testing.T) {
	q := queue.New[string](10, 100)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := q.Get(ended)
	require.ErrorIs(t, err, context.Canceled)
	require.NoError(t, q.Offer("there", 1))
	got, err := q.Get(ended)
	require.NoError(t, err)
	require.Equal(t, "there", got)
}

func TestWaitersAreWoken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := queue.New[int](1, 1)
		var sum int
		var mu sync.Mutex
		var getters, putters sync.WaitGroup
		for range 10 {
			getters.Go(func() {
				got, err := q.Get(context.Background())
				require.NoError(t, err)
				mu.Lock()
				defer mu.Unlock()
				sum += got
			})
		}
		synctest.Wait() // all wait for an item
		for range 20 {
			putters.Go(func() { _ = q.Put(1, 1) })
		}
		getters.Wait()
		require.Equal(t, 10, sum)

		synctest.Wait() // one item is in the queue, nine wait for room
		for range 5 {
			_, err := q.Get(context.Background())
			require.NoError(t, err)
		}
		synctest.Wait()
		q.Close(errEnded)
		putters.Wait()
		require.Len(t, q.Drain(), 1)
		require.ErrorIs(t, q.Put(1, 1), errEnded)
	})
}

func TestCloseWakesEveryGetter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := queue.New[int](1, 1)
		var getters sync.WaitGroup
		for range 3 {
			getters.Go(func() {
				_, err := q.Get(context.Background())
				require.ErrorIs(t, err, errEnded)
			})
		}
		synctest.Wait()
		q.Close(errEnded)
		getters.Wait()
	})
}

package rtc

import (
	"context"
	"errors"
	"io"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// network is a raw channel that sends only when the test calls leave.
type network struct {
	ch *Channel

	mu      sync.Mutex
	queued  []int // sizes of the messages that have not left
	arrived int   // number of messages that have left
	low     int
	closed  bool
}

// openChannel returns an open channel over a network.
func openChannel() (*Channel, *network) {
	n := &network{low: lowBuffered}
	n.ch = newChannel("test", func(*Channel) {})
	n.ch.raw = n
	n.ch.isOpen()
	n.ch.isTaken()
	return n.ch, n
}

func (n *network) id() int { return 1 }

func (n *network) send(data []byte) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return errors.New("sent on a closed channel")
	}
	n.queued = append(n.queued, len(data))
	return nil
}

func (n *network) buffered() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.bytes()
}

func (n *network) bytes() int {
	sum := 0
	for _, size := range n.queued {
		sum += size
	}
	return sum
}

func (n *network) setLow(low int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.low = low
}

// close closes the other side too, if everything has left.
func (n *network) close() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.closed = true
	if len(n.queued) == 0 {
		go n.ch.isGone(io.EOF)
	}
}

// leave sends one message, and tells the channel when few bytes are left.
func (n *network) leave() {
	n.mu.Lock()
	before := n.bytes()
	n.queued = n.queued[1:]
	n.arrived++
	low := before > n.low && n.bytes() <= n.low
	n.mu.Unlock()
	if low {
		n.ch.isLow()
	}
}

func TestSendWaitsWhileMuchIsBuffered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ch, n := openChannel()
		piece := make([]byte, MaxMessage)
		sent := 0
		go func() {
			for range 40 {
				require.NoError(t, ch.Send(context.Background(), piece))
				sent++
			}
		}()
		synctest.Wait()
		require.Equal(t, 17, sent, "more than 1 MiB")
		for range 12 {
			n.leave()
		}
		synctest.Wait()
		require.Equal(t, 17, sent, "it waits for the buffer to be low, not for any room")
		n.leave()
		synctest.Wait()
		require.Equal(t, 17+13, sent)
		for n.buffered() > 0 {
			n.leave()
			synctest.Wait()
		}
		require.Equal(t, 40, sent)
	})
}

func TestSendGivesUpWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ch, n := openChannel()
		for n.buffered() <= maxBuffered {
			require.NoError(t, ch.Send(t.Context(), make([]byte, MaxMessage)))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		require.ErrorIs(t, ch.Send(ctx, nil), context.DeadlineExceeded)
		broken := (&candidates{}).failure(CauseLost, nil)
		ch.cut(broken)
		require.ErrorIs(t, ch.Send(t.Context(), nil), broken)
	})
}

func TestSendNeedsNoContextIfItNeedNotWait(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	ch, n := openChannel()
	require.NoError(t, ch.Send(ended, []byte("now")))
	require.Equal(t, 3, n.buffered())
}

func TestSendRefusesWhatIsTooLarge(t *testing.T) {
	ch, _ := openChannel()
	require.NoError(t, ch.Send(t.Context(), make([]byte, MaxMessage)))
	err := ch.Send(t.Context(), make([]byte, MaxMessage+1))
	require.ErrorIs(t, err, ErrTooLarge)
	require.ErrorContains(t, err, "65536 bytes, and a data channel takes 65535")
}

func TestCloseWaitsForWhatWasSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ch, n := openChannel()
		for range 3 {
			require.NoError(t, ch.Send(t.Context(), []byte("message")))
		}
		closed := make(chan error)
		go func() { closed <- ch.Close() }()
		synctest.Wait()
		require.False(t, n.closed)
		require.ErrorIs(t, ch.Send(t.Context(), []byte("late")), ErrClosed)
		for range 3 {
			n.leave()
		}
		require.NoError(t, <-closed)
		require.True(t, n.closed)
		require.Equal(t, 3, n.arrived)
		require.NoError(t, ch.Close(), "a second Close does nothing")
		_, err := ch.Receive(t.Context())
		require.ErrorIs(t, err, ErrClosed)
	})
}

func TestCloseSaysWhatIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ch, _ := openChannel()
		require.NoError(t, ch.Send(t.Context(), make([]byte, 1000)))
		start := time.Now()
		err := ch.Close()
		require.ErrorContains(t, err, "1000 bytes on their way")
		require.Equal(t, closeWithin, time.Since(start))
		require.Equal(t, err, ch.Close())
	})
}

func TestCloseWaitsUntilTheOtherPeerHasTheChannel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ch, n := openChannel()
		ch.taken = make(chan struct{})
		closed := make(chan error)
		go func() { closed <- ch.Close() }()
		synctest.Wait()
		require.False(t, n.closed)
		close(ch.taken)
		require.NoError(t, <-closed)
		require.True(t, n.closed)
	})
}

func TestCloseOfAChannelToAPeerThatNeverTells(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ch, _ := openChannel()
		ch.taken = make(chan struct{})
		time.Sleep(takenWithin / 2)
		start := time.Now()
		require.NoError(t, ch.Close())
		require.Equal(t, takenWithin/2, time.Since(start), "only a young channel has to wait")
	})
}

func TestCloseEndsASendThatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ch, n := openChannel()
		for n.buffered() <= maxBuffered {
			require.NoError(t, ch.Send(t.Context(), make([]byte, MaxMessage)))
		}
		waiting := make(chan error)
		go func() { waiting <- ch.Send(context.Background(), []byte("waits")) }()
		synctest.Wait()
		go func() { _ = ch.Close() }()
		require.ErrorIs(t, <-waiting, ErrClosed)
		for n.buffered() > 0 {
			n.leave()
		}
	})
}

func TestWhatCameIsReceivedBeforeTheEnd(t *testing.T) {
	for name, end := range map[string]error{"closed": io.EOF, "broken": io.ErrUnexpectedEOF} {
		t.Run(name, func(t *testing.T) {
			ch, _ := openChannel()
			require.NoError(t, ch.inbox.Offer([]byte("last words"), 10))
			ch.isGone(end)
			message, err := ch.Receive(t.Context())
			require.NoError(t, err)
			require.Equal(t, "last words", string(message))
			_, err = ch.Receive(t.Context())
			require.ErrorIs(t, err, end)
			require.Error(t, ch.Send(t.Context(), []byte("late")))
			require.NoError(t, ch.Close())
		})
	}
}

func TestStreamSplitsAndJoins(t *testing.T) {
	ch, n := openChannel()
	s := Stream(ch)
	written, err := s.Write(make([]byte, 40<<10))
	require.NoError(t, err)
	require.Equal(t, 40<<10, written)
	require.Equal(t, []int{16 << 10, 16 << 10, 8 << 10}, n.queued)

	for _, message := range []string{"abc", "", "defgh"} {
		require.NoError(t, ch.inbox.Offer([]byte(message), len(message)))
	}
	ch.isGone(io.EOF)
	small := make([]byte, 2)
	var reads []string
	for {
		n, err := s.Read(small)
		if err == io.EOF {
			break
		}
		require.NoError(t, err)
		reads = append(reads, string(small[:n]))
	}
	require.Equal(t, []string{"ab", "c", "de", "fg", "h"}, reads)
	count, err := s.Read(nil)
	require.NoError(t, err)
	require.Zero(t, count)
	_, err = s.Write([]byte("late"))
	require.ErrorIs(t, err, errChannelClosed)
}

package forward

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/sebas642/intercessor/relayd/frame"
	"github.com/sebas642/intercessor/relayd/wsconn"
	"github.com/stretchr/testify/require"
)

// A way is a client whose connection is forwarded, and its end at the home.
type way struct {
	edge         *node
	client, home net.Conn
	done         chan struct{}
}

// ways are all kinds of legs.
func ways(t *testing.T, f func(t *testing.T, w *way)) {
	for name, secure := range map[string][2]bool{"plain": {}, "TLS between nodes": {false, true}, "TLS of clients": {true, false}, "TLS of both": {true, true}} {
		t.Run(name, func(t *testing.T) { f(t, newWay(t, secure[0], secure[1], usual)) })
	}
}

func newWay(t *testing.T, clientSecure, nodesSecure bool, l limits) *way {
	t.Helper()
	taken := make(chan net.Conn, 1)
	edge, at := two(t, nodesSecure, func(_ context.Context, in *Incoming) {
		conn, err := in.Take()
		if err != nil {
			t.Error(err)
		}
		taken <- conn
	})
	edge.limits = l
	edge.receivers.IdleAfter = time.Millisecond // so that a pause is often longer
	link, err := edge.Forward(t.Context(), at.Peer, full())
	require.NoError(t, err)
	client, near := clients(t, clientSecure)()
	w := &way{edge: edge, client: client, home: <-taken, done: make(chan struct{})}
	for _, conn := range []net.Conn{w.client, w.home} {
		t.Cleanup(func() { _ = wsconn.Below(conn).Close() })
		require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
	}
	link.Start(near, func() { close(w.done) })
	return w
}

// both calls f for each direction.
func (w *way) both(f func(from, to net.Conn)) {
	var running sync.WaitGroup
	running.Go(func() { f(w.client, w.home) })
	running.Go(func() { f(w.home, w.client) })
	running.Wait()
}

func closeWrite(t testing.TB, conn net.Conn) {
	t.Helper()
	require.NoError(t, conn.(interface{ CloseWrite() error }).CloseWrite())
}

// TestBytesArriveUnchanged and in order, both ways at once, in pieces of any size with pauses, and
// then the end of each stream.
func TestBytesArriveUnchanged(t *testing.T) {
	ways(t, func(t *testing.T, w *way) {
		w.both(func(from, to net.Conn) {
			sent, got := sha256.New(), sha256.New()
			var writing sync.WaitGroup
			writing.Go(func() {
				random := rand.NewChaCha8([32]byte{1})
				for range 200 {
					b := make([]byte, 1+rand.IntN(1<<rand.IntN(18)))
					_, _ = random.Read(b)
					sent.Write(b)
					if _, err := from.Write(b); err != nil {
						t.Error(err)
						return
					}
					if rand.IntN(4) == 0 {
						time.Sleep(time.Duration(rand.IntN(3000)) * time.Microsecond)
					}
				}
				closeWrite(t, from)
			})
			_, err := io.Copy(got, to)
			require.NoError(t, err)
			writing.Wait()
			require.Equal(t, sent.Sum(nil), got.Sum(nil))
		})
		<-w.done
	})
}

// TestCutAnywhere: of what one side sent before it was cut, the other gets the beginning, and then
// the end. Nothing else comes.
func TestCutAnywhere(t *testing.T) {
	ways(t, func(t *testing.T, w *way) {
		ends := []net.Conn{w.client, w.home}
		rand.Shuffle(2, func(i, j int) { ends[i], ends[j] = ends[j], ends[i] })
		from, to := ends[0], ends[1]
		sent := make([]byte, 300<<10)
		_, _ = rand.NewChaCha8([32]byte{2}).Read(sent)
		go func() {
			_, _ = from.Write(sent[:rand.IntN(len(sent))])
			_ = wsconn.Below(from).(interface{ SetLinger(int) error }).SetLinger(rand.IntN(2)*2 - 1)
			_ = wsconn.Below(from).Close()
		}()
		got, err := io.ReadAll(to)
		var timeout net.Error
		require.False(t, errors.As(err, &timeout) && timeout.Timeout())
		require.True(t, bytes.HasPrefix(sent, got))
		_ = to.Close()
		<-w.done
	})
}

// TestOneDirectionEnds: the other goes on, for the time of a closing handshake.
func TestOneDirectionEnds(t *testing.T) {
	ways(t, func(t *testing.T, w *way) {
		for _, way := range [][2]net.Conn{{w.home, w.client}} {
			closing := frame.AppendClose(nil, 4503, "replaced")
			_, err := way[0].Write(closing)
			require.NoError(t, err)
			closeWrite(t, way[0])
			got, err := io.ReadAll(way[1])
			require.NoError(t, err)
			require.Equal(t, closing, got, "the edge adds nothing")
			carries(t, way[1], way[0])
			closeWrite(t, way[1])
			_, err = io.Copy(io.Discard, way[0])
			require.NoError(t, err)
		}
		<-w.done
		require.Zero(t, w.edge.Forwards())
	})
}

// TestOtherSideDoesNotEnd: it is cut after a while, whether it is silent or sends without end.
func TestOtherSideDoesNotEnd(t *testing.T) {
	short := usual
	short.end = 200 * time.Millisecond
	for _, talks := range []bool{false, true} {
		for _, byHome := range []bool{false, true} {
			w := newWay(t, false, false, short)
			carries(t, w.home, w.client)
			ends, stays := w.client, w.home
			if byHome {
				ends, stays = w.home, w.client
			}
			closeWrite(t, ends)
			go func() { _, _ = io.Copy(io.Discard, ends) }()
			for talks {
				if _, err := stays.Write(make([]byte, 1000)); err != nil {
					break
				}
			}
			<-w.done
		}
	}
}

// TestHomeThatNeverAnswers the WebSocket handshake holds no edge.
func TestHomeThatNeverAnswers(t *testing.T) {
	short := usual
	short.first = 200 * time.Millisecond
	w := newWay(t, false, false, short)
	_, err := io.Copy(io.Discard, w.client)
	require.NoError(t, err)
	<-w.done

	w = newWay(t, false, false, short)
	carries(t, w.home, w.client) // in time, or this machine is late and the test says so
	select {
	case <-w.done:
		require.Fail(t, "the limit is only for the first answer")
	case <-time.After(2 * short.first):
	}
	carries(t, w.home, w.client)
}

// TestSideThatDoesNotRead is cut, so that it holds no edge.
func TestSideThatDoesNotRead(t *testing.T) {
	short := usual
	short.stall = 200 * time.Millisecond
	for _, byHome := range []bool{false, true} {
		for _, secure := range []bool{false, true} {
			w := newWay(t, secure, secure, short)
			from := w.client
			if byHome {
				from = w.home
			}
			_, err := io.Copy(from, endless{})
			require.Error(t, err)
			<-w.done
		}
	}
}

type endless struct{}

func (endless) Read(b []byte) (int, error) { return len(b), nil }

// TestCloseCutsForwards, whatever they do, and waits for their ends.
func TestCloseCutsForwards(t *testing.T) {
	w := newWay(t, true, true, usual)
	stalled := newWay(t, false, false, usual)
	go func() { _, _ = io.Copy(stalled.client, endless{}) }()
	runtime.Gosched()
	for _, way := range []*way{w, stalled} {
		way.edge.Close()
		<-way.done
		_ = way.client.SetReadDeadline(time.Now().Add(patience))
		_, err := io.Copy(io.Discard, way.client)
		var timeout net.Error
		require.False(t, errors.As(err, &timeout) && timeout.Timeout())
	}
}

// A heard is a WebSocket at its home.
type heard struct{ messages chan string }

func (h heard) Message(text []byte) (bool, error) {
	h.messages <- string(text)
	return true, nil
}
func (heard) Came(_ wsconn.Amount, err error) error { return err }
func (heard) Writable()                             {}
func (heard) Overloaded()                           {}

// TestHomeHasAWebSocket on the connection that it takes, with bytes that came early.
func TestHomeHasAWebSocket(t *testing.T) {
	ways(t, func(t *testing.T, w *way) {
		group := wsconn.NewGroup(wsconn.Limits{MaxMessage: 64 << 10, ControlFrames: 100, OutboxBytes: 1 << 20, OutboxFrames: 100, WriteWithin: patience, CloseWithin: patience, IncomingBytes: 1 << 20})
		h := heard{make(chan string, 2)}
		message := []byte{0x81, 0x82, 0, 0, 0, 0, 'h', 'i'}
		require.NoError(t, w.home.SetDeadline(time.Time{}))
		conn := group.NewConn(w.home, slices.Clone(message[:3]), h)
		ended := make(chan error, 1)
		go func() { ended <- conn.Read() }()
		_, err := w.client.Write(append(message[3:len(message):len(message)], message...))
		require.NoError(t, err)
		require.Equal(t, "hi", <-h.messages)
		require.Equal(t, "hi", <-h.messages)
		require.NoError(t, conn.Send([]byte{0x81, 1, '!'}, 1, nil))
		got := make([]byte, 3)
		_, err = io.ReadFull(w.client, got)
		require.NoError(t, err)
		require.Equal(t, []byte{0x81, 1, '!'}, got)
		require.NoError(t, w.client.Close())
		require.NoError(t, conn.Fail(<-ended, wsconn.End{}))
		conn.Finish()
		group.Close()
		<-w.done
	})
}

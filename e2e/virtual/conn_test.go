package virtual_test

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/virtual"
	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/sdk"
	"github.com/sebas642/intercessor/sdk/sdktest"
)

func (w *world) dial() *sdk.Conn {
	w.t.Helper()
	c, err := sdk.Dial(w.t.Context(), "ws://relay/client/"+w.ln.ID(), &w.options)
	require.NoError(w.t, err)
	w.t.Cleanup(func() { _ = c.Close() })
	return c
}

func (w *world) accept() *sdk.Conn {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 2*time.Minute)
	defer cancel()
	c, err := w.ln.Accept(ctx)
	require.NoError(w.t, err)
	require.True(w.t, c.Reliable())
	return c
}

func (w *world) send(c *sdk.Conn, data string) *sdk.Receipt {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 2*time.Minute)
	defer cancel()
	r, err := c.Send(ctx, sdk.Message{Type: "chat", Data: []byte(data)})
	require.NoError(w.t, err)
	return r
}

// gets receives messages, which must be these.
func (w *world) gets(c *sdk.Conn, want ...string) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 2*time.Minute)
	defer cancel()
	for _, data := range want {
		m, err := c.Receive(ctx)
		require.NoError(w.t, err)
		require.Equal(w.t, data, string(m.Data))
	}
}

func (w *world) outcome(r *sdk.Receipt, want sdk.Result, reason sdk.Reason) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 2*time.Minute)
	defer cancel()
	o, err := r.Outcome(ctx)
	require.NoError(w.t, err)
	require.Equal(w.t, sdk.Outcome{Result: want, Reason: reason}, o)
}

// ends receives until the Conn ends, and returns why.
func (w *world) ends(c *sdk.Conn) error {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 3*time.Minute)
	defer cancel()
	for {
		if _, err := c.Receive(ctx); err != nil {
			require.NotErrorIs(w.t, err, context.DeadlineExceeded)
			return err
		}
	}
}

func TestReceiptTellsThatTheApplicationHasIt(t *testing.T) {
	pair(t, func(t *testing.T, w *world) {
		r := w.send(w.client, `"hello"`)
		time.Sleep(time.Minute) // it has arrived, and nobody has received it
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := r.Outcome(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		w.gets(w.server, `"hello"`)
		w.outcome(r, sdk.Delivered, "")

		r = w.send(w.server, `"back"`)
		w.gets(w.client, `"back"`)
		w.outcome(r, sdk.Delivered, "")
	})
}

func TestConnSurvivesTheLossOfItsConnections(t *testing.T) {
	faults := map[string]func(*world){
		"cut":     (*world).cut,
		"kill":    (*world).restart,
		"silence": (*world).silence,
		"drain":   func(w *world) { w.relay.Drain(time.Second, true) },
	}
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			pair(t, func(t *testing.T, w *world) {
				var receipts []*sdk.Receipt
				var want []string
				for i := range 30 {
					for _, c := range []*sdk.Conn{w.client, w.server} {
						receipts = append(receipts, w.send(c, strconv.Itoa(i)))
					}
					want = append(want, strconv.Itoa(i))
					if i%10 == 5 {
						fault(w)
					}
					if i%10 == 8 {
						time.Sleep(40 * time.Second)
					}
				}
				w.gets(w.server, want...)
				w.gets(w.client, want...)
				for _, r := range receipts {
					w.outcome(r, sdk.Delivered, "")
				}
				require.Equal(t, sdk.Connected, w.client.State())
				require.Equal(t, sdk.Connected, w.server.State())
			})
		})
	}
}

// Each connection is cut at some byte, twice, in either direction; nothing is lost, repeated
// or out of order.
func TestCutAtManyBytes(t *testing.T) {
	step := 61
	if testing.Short() {
		step = 601
	}
	for at := 200; at < 4000; at += step {
		pair(t, func(t *testing.T, w *world) {
			cuts := 0
			w.line.Plan(func(int) (up, down virtual.Cut) {
				cut := virtual.Cut{At: int64(at), By: virtual.RST}
				switch cuts++; {
				case cuts > 4:
				case cuts%2 == 1:
					down = cut
				default:
					up = cut
				}
				return up, down
			})
			w.cut()
			var want []string
			var last [2]*sdk.Receipt
			for i := range 40 {
				last[0] = w.send(w.client, strconv.Itoa(i))
				last[1] = w.send(w.server, strconv.Itoa(i))
				want = append(want, strconv.Itoa(i))
			}
			w.gets(w.server, want...)
			w.gets(w.client, want...)
			w.outcome(last[0], sdk.Delivered, "")
			w.outcome(last[1], sdk.Delivered, "")
		})
	}
}

func TestStates(t *testing.T) {
	pair(t, func(t *testing.T, w *world) {
		states := func(c interface {
			State() sdk.State
			WaitState(context.Context, sdk.State) (sdk.State, error)
			Err() error
		}) func() []sdk.State {
			var mu sync.Mutex
			var seen []sdk.State
			ctx, cancel := context.WithCancel(t.Context())
			var watching sync.WaitGroup
			watching.Go(func() {
				for s := c.State(); ; {
					mu.Lock()
					seen = append(seen, s)
					mu.Unlock()
					if (c.Err() != nil) != (s == sdk.Closed) {
						t.Errorf("%v, and why: %v", s, c.Err())
					}
					var err error
					if s, err = c.WaitState(ctx, s); err != nil {
						return
					}
				}
			})
			return func() []sdk.State {
				cancel()
				watching.Wait()
				return seen
			}
		}
		synctest.Wait()
		client, server, listener := states(w.client), states(w.server), states(w.ln)
		synctest.Wait()
		w.cut()
		time.Sleep(time.Minute)
		require.NoError(t, w.client.Close())
		synctest.Wait()
		require.Equal(t, sdk.Connected, w.ln.State(), "it is not closed with its client")
		require.NoError(t, w.ln.Close())
		synctest.Wait()
		want := []sdk.State{sdk.Connected, sdk.Reconnecting, sdk.Connected, sdk.Closed}
		require.Equal(t, want, listener())
		for _, seen := range [][]sdk.State{client(), server()} {
			if len(seen) == len(want)+2 { // it was back first, and heard then that the other was not
				seen = slices.Delete(seen, 1, 3)
			}
			require.Equal(t, want, seen)
		}
		require.Equal(t, sdk.ErrClosed, w.client.Err())
		require.Equal(t, &sdk.GoneError{Reason: sdk.ReasonClosed}, w.server.Err(), "the first reason stays")
		require.Equal(t, sdk.ErrClosed, w.ln.Err())
	})
}

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

func TestPeerThatIsAwayForTooLong(t *testing.T) {
	pair(t, func(t *testing.T, w *world) {
		w.line.Shut(true, false)
		w.cut()
		synctest.Wait()
		r := w.send(w.server, "1")
		synctest.Wait()
		start := time.Now()
		err := w.ends(w.server)
		require.Equal(t, &sdk.GoneError{Reason: sdk.ReasonTimeout}, err)
		require.InDelta(t, 70, time.Since(start).Seconds(), 1)
		o, err := r.Outcome(t.Context())
		require.NoError(t, err)
		require.NotEqual(t, sdk.Delivered, o.Result)
		require.Equal(t, sdk.ReasonTimeout, o.Reason)
		require.ErrorIs(t, w.ends(w.client), sdk.ErrPeerGone)
		require.Equal(t, sdk.Closed, w.client.State())
	})
}

// A client that slept hears why its Conn is over, and is not told of a restart: the server
// has run all along.
func TestClientThatWasGivenUp(t *testing.T) {
	pair(t, func(t *testing.T, w *world) {
		far := virtual.NewLine(w.relay)
		defer far.Close()
		client, err := sdk.Dial(t.Context(), "ws://relay/client/"+w.ln.ID(), &sdk.Options{HTTPClient: far.Client()})
		require.NoError(t, err)
		defer client.Close()
		server := w.accept()
		w.delivers(w.send(client, "0"), server, "0")
		fromServer := w.send(server, "1")
		far.Shut(true, false)
		far.Cut(virtual.Cut{By: virtual.Silence}, false)
		require.Equal(t, &sdk.GoneError{Reason: sdk.ReasonTimeout}, w.ends(server))
		require.Equal(t, sdk.Reconnecting, client.State(), "it gives up later than the relay")
		far.Shut(false, false)
		client.NetworkChanged()
		fromClient := w.send(client, "2")
		require.Equal(t, sdk.ErrGivenUp, w.ends(client))
		for _, r := range []*sdk.Receipt{fromServer, fromClient} {
			o, err := r.Outcome(t.Context())
			require.NoError(t, err)
			require.NotEqual(t, sdk.Delivered, o.Result)
			require.Equal(t, sdk.ReasonTimeout, o.Reason)
		}
		again := w.dial()
		w.delivers(w.send(again, "3"), w.accept(), "3")
	})
}

// A server that closes the Conn of a client that is away has not been started anew.
func TestClientWhoseConnWasClosedInItsAbsence(t *testing.T) {
	pair(t, func(t *testing.T, w *world) {
		w.delivers(w.send(w.client, "0"), w.server, "0")
		w.line.Shut(true, false)
		w.cut()
		synctest.Wait()
		require.NoError(t, w.server.Close())
		w.line.Shut(false, false)
		require.Equal(t, &sdk.GoneError{Reason: sdk.ReasonClosed}, w.ends(w.client))
	})
}

func TestWhatCameBeforeTheEndIsReceived(t *testing.T) {
	pair(t, func(t *testing.T, w *world) {
		w.send(w.client, "1")
		w.send(w.client, "2")
		synctest.Wait()
		require.NoError(t, w.server.Err())
		w.line.Shut(true, false)
		w.cut()
		time.Sleep(2 * time.Minute)
		require.ErrorIs(t, w.server.Err(), sdk.ErrPeerGone, "told before what came is received")
		w.gets(w.server, "1", "2")
		require.ErrorIs(t, w.ends(w.server), sdk.ErrPeerGone)
	})
}

func TestSlowReceiverHoldsTheSenderBack(t *testing.T) {
	pair(t, func(t *testing.T, w *world) {
		data := `"` + strings.Repeat("x", 10_000) + `"`
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		sent := 0
		var err error
		for ; err == nil; sent++ {
			_, err = w.client.Send(ctx, sdk.Message{Type: "chat", Data: []byte(data)})
		}
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Less(t, sent, 100, "about a window and what the sender holds")
		for range sent - 1 {
			w.gets(w.server, data)
		}
		w.send(w.client, data)
		w.gets(w.server, data)
	})
}

func TestLargestMessage(t *testing.T) {
	pair(t, func(t *testing.T, w *world) {
		data := `"` + strings.Repeat("ä", 8<<20-1) + `"`
		require.Len(t, data, 16<<20)
		r := w.send(w.client, data)
		received, of := r.Progress()
		require.Equal(t, 16<<20, of)
		require.Less(t, received, of)
		m, err := w.server.Receive(t.Context())
		require.NoError(t, err)
		require.True(t, string(m.Data) == data)
		w.outcome(r, sdk.Delivered, "")
		received, of = r.Progress()
		require.Equal(t, of, received)

		_, err = w.client.Send(t.Context(), sdk.Message{Type: "chat", Data: []byte(data + " ")})
		require.ErrorIs(t, err, sdk.ErrTooLarge)
		require.ErrorContains(t, err, "16777217 bytes, and a Conn takes 16777216")
	})
}

func TestKick(t *testing.T) {
	pair(t, func(t *testing.T, w *world) {
		require.ErrorIs(t, w.server.Kick(t.Context(), &sdk.KickOptions{For: -time.Second}), sdk.ErrInvalid)
		require.NoError(t, w.server.Kick(t.Context(), nil))
		require.ErrorIs(t, w.ends(w.client), sdk.ErrKicked)
		require.Equal(t, &sdk.GoneError{Reason: sdk.ReasonKicked}, w.ends(w.server))
		require.ErrorIs(t, w.client.Err(), sdk.ErrKicked)
		require.NoError(t, w.ln.Err())
	})
}

func TestManyClients(t *testing.T) {
	pair(t, func(t *testing.T, w *world) {
		const clients = 50
		var all sync.WaitGroup
		for range clients {
			c := w.dial()
			all.Go(func() {
				for i := range 20 {
					w.outcome(w.send(c, strconv.Itoa(i)), sdk.Delivered, "")
				}
			})
		}
		for n := range clients {
			c := w.accept()
			all.Go(func() {
				for i := range 20 {
					w.gets(c, strconv.Itoa(i))
					if i == 10 && n == 7 {
						w.restart()
					}
				}
			})
		}
		all.Wait()
	})
}

func TestMessagesForALoop(t *testing.T) {
	pair(t, func(t *testing.T, w *world) {
		w.send(w.client, "1")
		w.send(w.client, "2")
		var got []string
		for m, err := range w.server.Messages(t.Context()) {
			if err != nil {
				require.ErrorIs(t, err, sdk.ErrPeerGone)
				got = append(got, "end")
				break
			}
			if got = append(got, string(m.Data)); len(got) == 2 {
				go w.client.Close()
			}
		}
		require.Equal(t, []string{"1", "2", "end"}, got)
	})
}

func TestClientThatWasStartedAnew(t *testing.T) {
	pair(t, func(t *testing.T, w *world) {
		file := filepath.Join(t.TempDir(), "identity")
		w.options.IdentityFile = file
		first := w.dial()
		atServer := w.accept()
		r, err := atServer.Send(t.Context(), sdk.Message{Type: "chat", Data: []byte(`"for the first"`)})
		require.NoError(t, err)

		w.options.IdentityFile = copyOf(t, file) // as if the first program had crashed
		second := w.dial()
		require.Equal(t, first.ID(), second.ID())
		require.ErrorIs(t, w.ends(first), sdk.ErrReplaced)
		require.ErrorIs(t, w.ends(atServer), sdk.ErrRestarted)
		w.outcome(r, sdk.Unknown, sdk.ReasonRestarted)

		again := w.accept()
		require.Equal(t, atServer.PeerID(), again.PeerID())
		w.delivers(w.send(second, "1"), again, "1")
	})
}

func TestServerThatWasStartedAnew(t *testing.T) {
	pair(t, func(t *testing.T, w *world) {
		require.NoError(t, w.ln.Close())
		synctest.Wait()
		file := filepath.Join(t.TempDir(), "identity")
		w.options.IdentityFile = file
		listen := func() {
			ln, err := sdk.Listen(t.Context(), "ws://relay/server", &w.options)
			require.NoError(t, err)
			t.Cleanup(func() { _ = ln.Close() })
			w.ln = ln
		}
		listen()
		w.options.IdentityFile = ""
		client := w.dial()
		old, first := w.ln, w.accept()
		w.send(first, `"before"`)
		w.gets(client, `"before"`)

		w.options.IdentityFile = copyOf(t, file)
		listen()
		require.Equal(t, old.ID(), w.ln.ID())
		_, err := old.Accept(t.Context())
		require.ErrorIs(t, err, sdk.ErrReplaced)
		require.Equal(t, sdk.Closed, old.State())
		require.Equal(t, err, old.Err())
		require.ErrorIs(t, w.ends(first), sdk.ErrReplaced)
		require.ErrorIs(t, w.ends(client), sdk.ErrRestarted)

		w.options.IdentityFile = ""
		client = w.dial()
		w.delivers(w.send(client, "1"), w.accept(), "1")
	})
}

func TestIdentityFileIsForOneListener(t *testing.T) {
	pair(t, func(t *testing.T, w *world) {
		w.options.IdentityFile = filepath.Join(t.TempDir(), "identity")
		c := w.dial()
		_, err := sdk.Dial(t.Context(), "ws://relay/client/"+w.ln.ID(), &w.options)
		require.ErrorContains(t, err, "another program uses the identity file")
		require.NoError(t, c.Close())
	})
}

// A client that speaks the base protocol is served as ever, beside the others.
func TestBasePeerOfAReliableListener(t *testing.T) {
	pair(t, func(t *testing.T, w *world) {
		options := &sdktest.Options{Base: true}
		options.HTTPClient = w.line.Client()
		raw, err := sdktest.Dial(t.Context(), "ws://relay/client/"+w.ln.ID(), options)
		require.NoError(t, err)
		defer raw.Close()
		require.False(t, raw.Durable())
		c, err := w.ln.Accept(t.Context())
		require.NoError(t, err)
		require.False(t, c.Reliable())
		require.NoError(t, raw.Send(t.Context(), protocol.ID(w.ln.ID()), "chat", []byte("1")))
		w.gets(c, "1")
		w.outcome(w.send(c, "2"), sdk.Unknown, sdk.ReasonNoLink)
		e, err := raw.Receive(t.Context())
		require.NoError(t, err)
		require.Equal(t, "2", string(e.Message))
		require.NoError(t, raw.Close())
		require.ErrorIs(t, w.ends(c), sdk.ErrPeerGone)
	})
}

// delivers receives what was sent, which is then delivered.
func (w *world) delivers(r *sdk.Receipt, at *sdk.Conn, data string) {
	w.t.Helper()
	w.gets(at, data)
	w.outcome(r, sdk.Delivered, "")
}

func copyOf(t testing.TB, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	copied := filepath.Join(t.TempDir(), "copy")
	require.NoError(t, os.WriteFile(copied, text, 0o600))
	return copied
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

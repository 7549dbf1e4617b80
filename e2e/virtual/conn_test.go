package virtual_test

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/sdk"
	"github.com/sebas642/intercessor/sdk/sdktest"
)

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

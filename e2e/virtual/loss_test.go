package virtual_test

import (
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/virtual"
	"github.com/sebas642/intercessor/sdk"
)

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
		client, err := sdk.Dial(t.Context(), "ws://relay/client/"+w.ln.ID(), &sdk.Options{HTTPClient: far.Client(), Paths: sdk.PathsRelay})
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

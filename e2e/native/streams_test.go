package native_test

import (
	"crypto/sha256"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/prove/form"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/e2e/sdkpeer"
	"github.com/sebas642/intercessor/sdk"
)

// accepts has a listener's Conns be accepted until it is closed.
func accepts(t testing.TB, ln *sdk.Listener) {
	go func() {
		for {
			if _, err := ln.Accept(t.Context()); err != nil {
				return
			}
		}
	}()
}

// TestNativeHTTP: a program without an open port serves others, over what paths there are.
func TestNativeHTTP(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	ln := sdkpeer.Listen(t, relay)
	accepts(t, ln)
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Peer", r.RemoteAddr)
		body, _ := io.ReadAll(r.Body)
		_, _ = w.Write(body)
	})}
	served := make(chan error, 1)
	go func() { served <- server.Serve(ln.Streams()) }()
	for range 3 {
		conn := sdkpeer.Dial(t, ln.ClientURL())
		client := &http.Client{Transport: &http.Transport{DialContext: conn.DialContext, MaxIdleConnsPerHost: 4}}
		var all errgroup.Group
		all.SetLimit(8)
		for i := range 50 {
			all.Go(func() error {
				body := strings.Repeat("hello", i*1000)
				res, err := client.Post("http://them/echo", "text/plain", strings.NewReader(body))
				if err != nil {
					return err
				}
				defer res.Body.Close()
				got, err := io.ReadAll(res.Body)
				if string(got) != body || res.Header.Get("Peer") != conn.ID() {
					t.Errorf("request %d: %d bytes for %s", i, len(got), res.Header.Get("Peer"))
				}
				return err
			})
		}
		require.NoError(t, all.Wait())
		client.CloseIdleConnections()
	}
	require.NoError(t, server.Shutdown(patience.Context(t)))
	require.ErrorIs(t, <-served, http.ErrServerClosed)
}

// TestNativeStreamsTakeTurns: a client with many streams does not hold up another.
func TestNativeStreamsTakeTurns(t *testing.T) {
	relay := relayproc.Start(t)
	ln := sdkpeer.Listen(t, relay)
	for range 2 {
		fill(t, sdkpeer.Dial(t, ln.ClientURL()))
	}
	streams := ln.Streams()
	from := map[string]int{}
	for n := 1; n <= 2*waiting; n++ {
		s, err := streams.Accept()
		require.NoError(t, err)
		from[s.RemoteAddr().String()]++
		if n%2 == 0 {
			for _, of := range from {
				require.Equal(t, n/2, of)
			}
		}
	}
	require.NoError(t, streams.Close())
	_, err := streams.Accept()
	require.ErrorIs(t, err, net.ErrClosed)
	streams = ln.Streams()
	accepted := make(chan error)
	go func() {
		_, err := streams.Accept()
		accepted <- err
	}()
	require.NoError(t, ln.Close())
	require.ErrorIs(t, <-accepted, sdk.ErrClosed)
}

// waiting is how many streams of a Conn wait to be accepted.
const waiting = 64

// fill opens so many streams that one more is refused. Then the other side has all of them.
func fill(t testing.TB, c *sdk.Conn) (all []*sdk.Stream) {
	t.Helper()
	for range waiting {
		s, err := c.OpenStream(patience.Context(t), "waits")
		require.NoError(t, err)
		all = append(all, s)
	}
	busy, err := c.OpenStream(patience.Context(t), "busy")
	require.NoError(t, err)
	_, err = busy.Read(make([]byte, 1))
	require.Equal(t, &sdk.StreamError{Code: sdk.CodeBusy}, err)
	require.NoError(t, busy.Close())
	return all
}

// TestNativeStreamsOfManyBytes: 30 MB, in the full form 100 MB, arrive with their hash, although the relay is killed.
func TestNativeStreamsOfManyBytes(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	t.Run("over the relay", func(t *testing.T) {
		server, client := meet(t, relay, sdk.Options{}, sdk.Options{Paths: sdk.PathsRelay})
		transfer(t, relay, client, server)
	})
	t.Run("over the direct path", func(t *testing.T) {
		server, client := direct(t, relay)
		transfer(t, relay, client, server)
	})
	t.Run("while paths change", func(t *testing.T) {
		server, client := direct(t, relay)
		changes := changePaths(t, server, client)
		transfer(t, relay, client, server)
		t.Logf("%d changes", changes())
		require.Positive(t, changes())
	})
}

// manyBytes is less in the short form, which costs a fraction of the CPU time.
var manyBytes = int64(30_000_000)

func init() {
	if form.Full {
		manyBytes = 100_000_000
	}
}

// transfer sends manyBytes each way. The relay is killed and started again twice.
func transfer(t *testing.T, relay *relayproc.Relay, client, server *sdk.Conn) {
	t.Helper()
	a, b := stream(t, client, server)
	sent, received := sha256.New(), sha256.New()
	var both errgroup.Group
	began := time.Now()
	both.Go(func() error {
		_, err := io.Copy(io.MultiWriter(a, sent), io.LimitReader(rand.NewChaCha8([32]byte{}), manyBytes))
		if err == nil {
			err = a.Close()
		}
		return err
	})
	both.Go(func() error {
		for range 2 {
			if _, err := io.CopyN(received, b, manyBytes/3); err != nil {
				return err
			}
			relay.Blip()
		}
		_, err := io.Copy(received, b)
		return err
	})
	require.NoError(t, both.Wait())
	o, err := a.Wait(patience.Context(t))
	require.NoError(t, err)
	require.Equal(t, sdk.Delivered, o.Result)
	require.Equal(t, sent.Sum(nil), received.Sum(nil))
	t.Logf("%.1f MB/s", float64(manyBytes)/1e6/time.Since(began).Seconds())
}

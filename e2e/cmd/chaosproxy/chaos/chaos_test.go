package chaos_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"os"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/cmd/chaosproxy/chaos"
	"github.com/sebas642/intercessor/e2e/patience"
)

// ends are the two ends of a connection through a proxy.
type ends struct{ client, server *net.TCPConn }

// through returns a proxy and a function that makes connections through it.
func through(t *testing.T, o *chaos.Options) (*chaos.Proxy, func() ends) {
	t.Helper()
	before := runtime.NumGoroutine()
	target, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	p, err := chaos.Listen(target.Addr().String(), o)
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, p.Close())
		require.NoError(t, target.Close())
		require.Eventually(t, func() bool { return runtime.NumGoroutine() <= before+1 }, // one for this check itself
			patience.Max, time.Millisecond, "every goroutine has ended")
	})
	return p, func() ends {
		client, err := net.Dial("tcp", p.Addr())
		require.NoError(t, err)
		require.NoError(t, target.SetDeadline(time.Now().Add(patience.Max)))
		server, err := target.AcceptTCP()
		require.NoError(t, err)
		e := ends{client.(*net.TCPConn), server}
		for _, c := range []*net.TCPConn{e.client, e.server} {
			require.NoError(t, c.SetDeadline(time.Now().Add(patience.Max)))
			t.Cleanup(func() { _ = c.Close() })
		}
		return e
	}
}

func write(t *testing.T, c *net.TCPConn, data []byte) {
	t.Helper()
	_, err := c.Write(data)
	require.NoError(t, err)
}

func read(t *testing.T, c *net.TCPConn, n int) []byte {
	t.Helper()
	data := make([]byte, n)
	_, err := io.ReadFull(c, data)
	require.NoError(t, err)
	return data
}

// wantsReset dials and expects a reset, which the dial itself may report.
func wantsReset(t *testing.T, p *chaos.Proxy) {
	t.Helper()
	c, err := net.Dial("tcp", p.Addr())
	if err == nil {
		defer c.Close()
		require.NoError(t, c.SetDeadline(time.Now().Add(patience.Max)))
		_, err = c.Read(make([]byte, 1))
	}
	require.ErrorIs(t, err, syscall.ECONNRESET)
}

func TestGoodNetworkPassesEverythingBothWaysAndHalfCloses(t *testing.T) {
	p, dial := through(t, nil)
	e := dial()
	sent := bytes.Repeat([]byte("0123456789"), 100_000)
	go func() {
		_, _ = e.client.Write(sent)
		_ = e.client.CloseWrite()
	}()
	got, err := io.ReadAll(e.server)
	require.NoError(t, err)
	require.True(t, bytes.Equal(sent, got))
	write(t, e.server, []byte("still open"))
	require.Equal(t, "still open", string(read(t, e.client, 10)))
	require.Equal(t, 1, p.Conns())
	up, down := p.Traffic(0)
	require.EqualValues(t, len(sent), up)
	require.EqualValues(t, 10, down)
}

func TestCutAtAnExactByte(t *testing.T) {
	p, dial := through(t, nil)
	data := []byte("abcdefghij")
	for at := range int64(len(data) + 1) {
		for _, by := range []chaos.Kind{chaos.FIN, chaos.RST} {
			if at == 0 && by == chaos.RST {
				continue // the dial itself may fail: see the next test
			}
			for _, down := range []bool{false, true} {
				way := chaos.Way{Cut: chaos.Cut{At: at, By: by}}
				f := chaos.Faults{Up: way}
				if down {
					f = chaos.Faults{Down: way}
				}
				p.SetFaults(f)
				e := dial()
				from, to := e.client, e.server
				if down {
					from, to = to, from
				}
				_, _ = from.Write(data)
				got, err := io.ReadAll(to)
				require.Equal(t, string(data[:at]), string(got), "%v at %d", by, at)
				if by == chaos.FIN {
					require.NoError(t, err)
					_, err = io.ReadAll(from)
					require.NoError(t, err, "the sender sees an orderly end too")
				} else {
					require.ErrorIs(t, err, syscall.ECONNRESET)
				}
			}
		}
	}
}

func TestCutBeforeTheFirstByte(t *testing.T) {
	p, _ := through(t, nil)
	p.SetFaults(chaos.Faults{Up: chaos.Way{Cut: chaos.Cut{At: 0, By: chaos.RST}}})
	wantsReset(t, p)
}

func TestSilenceLetsEverythingVanishAndKeepsTheSockets(t *testing.T) {
	p, dial := through(t, nil)
	p.SetFaults(chaos.Faults{Up: chaos.Way{Cut: chaos.Cut{At: 3, By: chaos.Silence}}})
	e := dial()
	write(t, e.client, []byte("abcdef"))
	require.Equal(t, "abc", string(read(t, e.server, 3)))
	require.Eventually(t, func() bool { return p.Conns() == 0 }, patience.Max, time.Millisecond)
	write(t, e.server, []byte("lost in silence"))
	write(t, e.client, bytes.Repeat([]byte("x"), 1<<22)) // more than the sockets hold, so the proxy must read and discard it
	require.NoError(t, e.client.CloseWrite())
	for _, c := range []*net.TCPConn{e.client, e.server} {
		require.NoError(t, c.SetReadDeadline(time.Now().Add(50*time.Millisecond)))
		_, err := c.Read(make([]byte, 1))
		require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	}
	require.Equal(t, 1, p.CutAll(chaos.RST), "a silent connection can still be reset")
	require.NoError(t, e.server.SetReadDeadline(time.Now().Add(patience.Max)))
	_, err := e.server.Read(make([]byte, 1))
	require.ErrorIs(t, err, syscall.ECONNRESET)
}

func TestCutAllHitsWhatIsThere(t *testing.T) {
	p, dial := through(t, nil)
	for _, by := range []chaos.Kind{chaos.FIN, chaos.RST} {
		all := []ends{dial(), dial(), dial()}
		for _, e := range all {
			write(t, e.client, []byte("hi"))
			read(t, e.server, 2)
		}
		require.Equal(t, 3, p.CutAll(by))
		for _, e := range all {
			for _, c := range []*net.TCPConn{e.client, e.server} {
				_, err := c.Read(make([]byte, 1))
				if by == chaos.FIN {
					require.ErrorIs(t, err, io.EOF)
				} else {
					require.ErrorIs(t, err, syscall.ECONNRESET)
				}
				require.NoError(t, c.Close())
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), patience.Max)
		require.NoError(t, p.Wait(ctx, 0, 0))
		cancel()
	}
	require.Equal(t, 6, p.Accepted())
}

func TestDelayIsAsLongAsSaidAndKeepsOrder(t *testing.T) {
	p, dial := through(t, &chaos.Options{Seed: 7})
	p.SetFaults(chaos.Faults{Down: chaos.Way{Delay: 30 * time.Millisecond, Jitter: 20 * time.Millisecond}})
	e := dial()
	patience.Soon(t, 3*time.Second, func() { // delays overlap
		begin := time.Now()
		for i := range 100 {
			write(t, e.server, []byte{byte(i)})
		}
		got := read(t, e.client, 100)
		require.GreaterOrEqual(t, time.Since(begin), 30*time.Millisecond)
		for i, b := range got {
			require.EqualValues(t, i, b)
		}
	})
}

func TestStallHoldsBackAndLosesNothing(t *testing.T) {
	p, dial := through(t, nil)
	p.SetFaults(chaos.Faults{Up: chaos.Way{Stall: chaos.Stall{At: 4, For: 50 * time.Millisecond}}})
	e := dial()
	begin := time.Now()
	write(t, e.client, []byte("abcdefgh"))
	require.Equal(t, "abcd", string(read(t, e.server, 4)))
	require.Equal(t, "efgh", string(read(t, e.server, 4)))
	require.GreaterOrEqual(t, time.Since(begin), 50*time.Millisecond)

	begin = time.Now()
	p.StallAll(50 * time.Millisecond)
	write(t, e.client, []byte("late"))
	require.Equal(t, "late", string(read(t, e.server, 4)))
	require.GreaterOrEqual(t, time.Since(begin), 50*time.Millisecond)
}

func TestRateBoundsABurst(t *testing.T) {
	p, dial := through(t, nil)
	p.SetFaults(chaos.Faults{Up: chaos.Way{Rate: 100_000}})
	e := dial()
	begin := time.Now()
	write(t, e.client, make([]byte, 20_000))
	read(t, e.server, 20_000)
	require.GreaterOrEqual(t, time.Since(begin), 180*time.Millisecond)
}

func TestRefusedAndTooManyConnectionsAreReset(t *testing.T) {
	p, dial := through(t, &chaos.Options{MaxConns: 1})
	dial()
	wantsReset(t, p)
	p.CutAll(chaos.RST)
	ctx, cancel := context.WithTimeout(t.Context(), patience.Max)
	defer cancel()
	require.NoError(t, p.Wait(ctx, 1, 0))
	p.SetRefuse(true)
	wantsReset(t, p)
	p.SetRefuse(false)
	dial()
}

func TestConnectionHasALifetime(t *testing.T) {
	_, dial := through(t, &chaos.Options{Lifetime: 20 * time.Millisecond})
	e := dial()
	_, err := e.client.Read(make([]byte, 1))
	require.ErrorIs(t, err, syscall.ECONNRESET)
}

func TestTargetThatIsNotThereResetsWhoDials(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, closed.Close())
	p, err := chaos.Listen(closed.Addr().String(), nil)
	require.NoError(t, err)
	defer p.Close()
	wantsReset(t, p)
}

func TestProxyStaysOnLoopback(t *testing.T) {
	_, err := chaos.ListenOn("0.0.0.0:0", "127.0.0.1:1", nil)
	require.ErrorContains(t, err, "is not a loopback address")
}

package turn_test

import (
	"context"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/stun/v4"
	"github.com/sebas642/intercessor/relayd/turn"
	"github.com/stretchr/testify/require"
)

// A wire is a UDP socket in memory, on which packets come from any source. It works in the bubbles
// of synctest.
type wire struct {
	in     chan datagram
	errors chan error
	closed chan struct{}
	once   sync.Once

	mu      sync.Mutex
	clients map[netip.AddrPort]chan []byte
	packets int // for sources that are no clients, and their bytes
	bytes   int
}

type datagram struct {
	data []byte
	from *net.UDPAddr
}

// startOn starts a relay whose only socket is a wire.
func startOn(t testing.TB, limits turn.Limits) (*relay, *wire) {
	w := &wire{in: make(chan datagram), errors: make(chan error), closed: make(chan struct{}), clients: make(map[netip.AddrPort]chan []byte)}
	r := &relay{roster: &roster{peers: make(map[string]*peer)}, t: t}
	var err error
	r.Server, err = turn.New(turn.Config{Keys: []turn.Key{firstKey}, Peers: r.roster, Limits: limits, Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(r.Close)
	r.ServePacket(w)
	return r, w
}

// send sends from a source.
func (w *wire) send(data []byte, from *net.UDPAddr) { w.in <- datagram{data, from} }

func (w *wire) ReadFrom(into []byte) (int, net.Addr, error) {
	select {
	case d := <-w.in:
		return copy(into, d.data), d.from, nil
	case err := <-w.errors:
		return 0, nil, err
	case <-w.closed:
		return 0, nil, net.ErrClosed
	}
}

func (w *wire) WriteTo(data []byte, to net.Addr) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if c := w.clients[to.(*net.UDPAddr).AddrPort()]; c != nil {
		c <- append([]byte(nil), data...)
	} else {
		w.packets++
		w.bytes += len(data)
	}
	return len(data), nil
}

func (w *wire) Close() error {
	w.once.Do(func() { close(w.closed) })
	return nil
}

func (w *wire) LocalAddr() net.Addr              { return &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 3478} }
func (w *wire) SetDeadline(time.Time) error      { return nil }
func (w *wire) SetReadDeadline(time.Time) error  { return nil }
func (w *wire) SetWriteDeadline(time.Time) error { return nil }

// rawAt is a raw client of a peer at an address.
func (r *relay) rawAt(w *wire, address string, p *peer) *raw {
	from := net.UDPAddrFromAddrPort(netip.MustParseAddrPort(address))
	answers := make(chan []byte, 1000)
	w.mu.Lock()
	w.clients[from.AddrPort()] = answers
	w.mu.Unlock()
	c := &raw{t: r.t, write: func(frame []byte) { w.send(frame, from) }}
	c.read = func() []byte {
		select {
		case frame := <-answers:
			return frame
		case <-time.After(within):
			require.FailNow(r.t, "no answer")
			return nil
		}
	}
	c.username, c.password = r.Credential(p.room, p.id, time.Now().Add(24*time.Hour))
	return c
}

// count counts what a raw client at an address receives.
func (w *wire) count(ctx context.Context, address string, received *atomic.Int64) {
	w.mu.Lock()
	packets := w.clients[netip.MustParseAddrPort(address)]
	w.mu.Unlock()
	for {
		select {
		case <-packets:
			received.Add(1)
		case <-ctx.Done():
			return
		}
	}
}

// A pipe is one end of a TCP connection in memory.
type pipe struct {
	net.Conn
	remote *net.TCPAddr
}

func (p pipe) RemoteAddr() net.Addr { return p.remote }

// connectPipe is a raw client of a peer over TCP in memory. ok is false if the server refused it.
func (r *relay) connectPipe(p *peer) (c *raw, conn net.Conn, ok bool) {
	near, far := net.Pipe()
	r.t.Cleanup(func() { near.Close() })
	ok = r.ServeConn(pipe{far, &net.TCPAddr{IP: net.IPv4(198, 18, 0, 1), Port: 5000}})
	c = rawOn(r.t, near)
	c.username, c.password = r.Credential(p.room, p.id, time.Now().Add(24*time.Hour))
	return c, near, ok
}

// binding is a Binding request.
func binding() []byte { return stun.MustBuild(stun.TransactionID, stun.BindingRequest).Raw }

// allocating is an Allocate without a credential.
func allocating() []byte {
	return stun.MustBuild(stun.TransactionID, stun.NewType(stun.MethodAllocate, stun.ClassRequest), udp).Raw
}

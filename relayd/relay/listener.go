package relay

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/sebas642/intercessor/relayd/quota"
	"github.com/sebas642/intercessor/relayd/wsconn"
)

// Listener limits the connections of a listener to Config.Sockets in total, and limits the
// connections of one source before their handshakes to the number of peers that it may have.
// Trusted proxies have no source, nor does loopback as [Limits] says. A connection beyond the
// limit of its source is closed unread. It gets an HTTP answer with Retry-After unless
// mostTurnedAway others are getting one. A few connections beyond Config.Sockets may ask about
// the relay's health: see [Relay.RefuseLate].
//
// The server of these connections needs [Relay.ConnState] and [Relay.ConnContext]. Wrap the
// listener of the socket, and wrap the result for PROXY headers and TLS.
func (r *Relay) Listener(below net.Listener) net.Listener { return &gate{below, r, true} }

// TLSListener is Listener for connections with TLS. They get no HTTP answer, because they
// could not read it.
func (r *Relay) TLSListener(below net.Listener) net.Listener { return &gate{below, r, false} }

// Handshakes accepts WebSocket handshakes on the plain TCP connections of a listener without
// the cost of net/http. It returns a listener for an [http.Server], which serves everything
// else: other connections, other requests, and handshakes that are refused. The server's
// handler must have the relay at its root. It needs [Relay.ConnState] and [Relay.ConnContext].
// The request that Settings.Authorize receives has a context with [http.LocalAddrContextKey],
// which never ends.
//
// Wrap the result of [Relay.Listener] and of PROXY headers.
func (r *Relay) Handshakes(below net.Listener) net.Listener {
	return wsconn.ListenPlain(below, r.serveInPlace)
}

type gate struct {
	net.Listener
	relay *Relay
	plain bool
}

func (g *gate) Accept() (net.Conn, error) {
	for {
		conn, err := g.Listener.Accept()
		if err != nil {
			return nil, err // net/http backs off when file descriptors run out
		}
		why := g.relay.arrive(conn)
		if why == "" {
			return conn, nil
		}
		g.relay.countRefused(why)
		if tcp, ok := conn.(*net.TCPConn); !ok || !g.plain || !g.relay.turnAway(tcp, why) {
			_ = conn.Close()
		}
	}
}

// A flow identifies a TCP connection, however it is wrapped.
type flow struct{ from, to netip.AddrPort }

func flowOf(conn net.Conn) (f flow, ok bool) {
	conn = wsconn.Below(conn)
	from, ok := conn.RemoteAddr().(*net.TCPAddr)
	to, too := conn.LocalAddr().(*net.TCPAddr)
	if !ok || !too {
		return f, false
	}
	return flow{from.AddrPort(), to.AddrPort()}, true
}

// arrivals are the sockets that net/http serves: those before their handshakes, and those of
// other requests.
type arrivals struct {
	mu    sync.Mutex
	flows map[flow]quota.Place // guarded by mu
	late  []late               // guarded by mu: those of flows beyond Config.Sockets, oldest first
	gone  chan struct{}        // holds a token after a flow was removed
}

// arrive counts a socket until it is hijacked or closed, or returns why it is refused. While
// all places are taken it waits for one.
func (r *Relay) arrive(conn net.Conn) Refusal {
	f, ok := flowOf(conn)
	if !ok {
		return "" // a Unix socket has no source; its peers are counted after the handshake
	}
	a := &r.arrivals
	a.mu.Lock()
	defer a.mu.Unlock()
	most := int64(r.config.Sockets)
	for most > 0 && int64(len(a.flows)-len(a.late))+r.peers.Load()+r.told.Load()+r.diverted.Load() >= most {
		wait := r.addLate(f, conn)
		if wait == 0 {
			return ""
		}
		a.mu.Unlock()
		select {
		case <-a.gone:
		case <-time.After(wait):
		}
		a.mu.Lock()
	}
	from := f.from.Addr().Unmap().WithZone("")
	if r.config.Proxies.Trusts(from) {
		from = netip.Addr{}
	}
	place, ok := r.sources.Arrive(from, r.settings.Load().source)
	if !ok {
		return RefusedSourceSockets
	}
	a.flows[f] = place
	return ""
}

// ConnState is the [http.Server.ConnState] of a server whose connections come from [Relay.Listener].
func (r *Relay) ConnState(conn net.Conn, state http.ConnState) {
	if state != http.StateHijacked && state != http.StateClosed {
		return
	}
	if taken, ok := conn.(interface{ Taken() bool }); ok && taken.Taken() && state == http.StateClosed {
		return // net/http has only lost sight of it: another server has the socket
	}
	f, ok := flowOf(conn)
	if !ok {
		return
	}
	r.arrivals.mu.Lock()
	defer r.arrivals.mu.Unlock()
	if place, known := r.arrivals.flows[f]; known {
		r.arrivals.remove(f)
		r.sources.Arrived(place)
	}
}

// mostTurnedAway bounds the refused sockets that are answered at a time. They are beyond
// Config.Sockets.
const mostTurnedAway = 8

// turnAway sends an HTTP answer and gives the peer a second to read it. (Closing a socket
// with unread bytes resets it, and the answer would be lost.) It returns false if
// mostTurnedAway others are being answered, or during shutdown: the caller closes conn.
func (r *Relay) turnAway(conn *net.TCPConn, why Refusal) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closing || r.isDraining() || r.turned.Load() >= mostTurnedAway {
		return false
	}
	r.turned.Add(1)
	r.running.Go(func() {
		defer r.turned.Add(-1)
		_ = conn.SetDeadline(time.Now().Add(time.Second))
		text := why.String() + "\n"
		_, err := fmt.Fprintf(conn, "HTTP/1.1 %d %s\r\nRetry-After: %s\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\n\r\n%s",
			why.status(), http.StatusText(why.status()), seconds(retryAfter()), len(text), text)
		if err == nil && conn.CloseWrite() == nil {
			_, _ = io.CopyN(io.Discard, conn, 16<<10)
		}
		_ = conn.Close()
	})
	return true
}

// Beyond Config.Sockets the listeners accept 8 sockets and an eighth of Config.Sockets, mostLate
// at most, so that a health check is answered however many peers connect. Further sockets wait in
// the kernel's queue. For one of those the oldest late socket makes way: lateLeast after its
// arrival its read side is closed, so that only what it has sent is answered. If it is still open
// after lateMost, it is closed.
const (
	leastLate = 8
	mostLate  = 32
	lateLeast = 20 * time.Millisecond
	lateMost  = 100 * time.Millisecond
)

// A late socket came when Config.Sockets were open.
type late struct {
	flow  flow
	conn  net.Conn
	since time.Time // when it came, or when its read side was closed
	ended bool      // its read side is closed
}

// addLate counts a late socket. Without a place for it, it returns how long to wait for one
// before the next attempt. With mu held.
func (r *Relay) addLate(f flow, conn net.Conn) (wait time.Duration) {
	a := &r.arrivals
	if len(a.late) >= min(leastLate+r.config.Sockets/8, mostLate) {
		oldest := &a.late[0]
		age := time.Since(oldest.since)
		switch {
		case !oldest.ended && age < lateLeast:
			return lateLeast - age
		case !oldest.ended:
			oldest.ended, oldest.since = true, time.Now()
			r.countRefused(RefusedSockets)
			if tcp, ok := oldest.conn.(*net.TCPConn); ok {
				_ = tcp.CloseRead()
			}
			return lateMost
		case age < lateMost:
			return lateMost - age
		}
		_ = oldest.conn.Close()
		a.remove(oldest.flow)
	}
	a.flows[f] = quota.Place{}
	a.late = append(a.late, late{flow: f, conn: conn, since: time.Now()})
	return 0
}

// remove removes a socket and wakes arrive. With mu held.
func (a *arrivals) remove(f flow) {
	delete(a.flows, f)
	a.late = slices.DeleteFunc(a.late, func(l late) bool { return l.flow == f })
	select {
	case a.gone <- struct{}{}:
	default:
	}
}

type lateKey struct{}

// ConnContext is the [http.Server.ConnContext] of a server whose connections come from
// [Relay.Listener].
func (r *Relay) ConnContext(ctx context.Context, conn net.Conn) context.Context {
	if r.isLate(conn) {
		return context.WithValue(ctx, lateKey{}, true)
	}
	return ctx
}

// isLate reports whether a connection came when Config.Sockets were open.
func (r *Relay) isLate(conn net.Conn) bool {
	f, ok := flowOf(conn)
	if !ok {
		return false
	}
	r.arrivals.mu.Lock()
	defer r.arrivals.mu.Unlock()
	return r.arrivals.isLate(f)
}

// isLate is the same with mu held.
func (a *arrivals) isLate(f flow) bool {
	return slices.ContainsFunc(a.late, func(l late) bool { return l.flow == f })
}

// RefuseLate answers a request with 503 and returns true if its connection came when
// Config.Sockets were open. Other handlers of the same server call it first, except those of
// health checks.
func (r *Relay) RefuseLate(w http.ResponseWriter, request *http.Request) bool {
	if request.Context().Value(lateKey{}) == nil {
		return false
	}
	r.countRefused(RefusedSockets)
	w.Header().Set("Retry-After", seconds(retryAfter()))
	w.Header().Set("Connection", "close")
	http.Error(w, RefusedSockets.String(), RefusedSockets.status())
	return true
}

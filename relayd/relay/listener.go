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

// Listener gives the connections for which there is room: Config.Sockets in all, and of one
// source as many that have not made their handshake as it may have peers; those of trusted
// proxies and of loopback, as [Limits] says, are of no source. What is too much of one source
// is closed before anything is read from it, behind an HTTP answer with Retry-After if few others
// get such an answer. A few beyond Config.Sockets may ask whether the relay is
// well: see [Relay.RefuseLate]. The server of these connections needs [Relay.ConnState] and
// [Relay.ConnContext].
//
// It goes directly above the socket, below PROXY headers and TLS.
func (r *Relay) Listener(below net.Listener) net.Listener { return &gate{below, r, true} }

// TLSListener is Listener for peers that speak TLS. They get no HTTP answer, because they could
// not read it.
func (r *Relay) TLSListener(below net.Listener) net.Listener { return &gate{below, r, false} }

// Handshakes serves the WebSocket handshakes on the plain TCP connections of a listener, without
// the cost of net/http. All else is for the [http.Server] of the listener that it returns: other
// connections, other requests, and handshakes that are refused. That server's handler must have
// the relay at its root. It needs [Relay.ConnState] and [Relay.ConnContext]. The context of a
// request that [Config].Authorize is asked about has [http.LocalAddrContextKey], and ends never.
//
// It goes above [Relay.Listener] and PROXY headers.
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
			return nil, err // net/http waits, longer each time, when there are no more files
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

// A flow names a connection, however it is wrapped.
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

// arrivals are the sockets that are with net/http.
type arrivals struct {
	mu    sync.Mutex
	flows map[flow]quota.Place // guarded by mu
	late  []late               // guarded by mu: those of flows beyond Config.Sockets, the oldest first
	gone  chan struct{}        // holds a token after one of flows has gone
}

// arrive counts a socket until it is hijacked or closed, or says why its source may not have
// it.
func (r *Relay) arrive(conn net.Conn) Refusal {
	f, ok := flowOf(conn)
	if !ok {
		return "" // a Unix socket has no source, and its peers are counted when they are some
	}
	a := &r.arrivals
	a.mu.Lock()
	defer a.mu.Unlock()
	most := int64(r.config.Sockets)
	for most > 0 && int64(len(a.flows)-len(a.late))+r.peers.Load()+r.told.Load() >= most {
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
	if plain, ok := conn.(*wsconn.PlainConn); ok && plain.Taken() && state == http.StateClosed {
		return // for net/http only
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

// mostTurnedAway bounds how many get an answer at a time: they cost a socket beyond
// Config.Sockets.
const mostTurnedAway = 8

// turnAway answers, and gives the peer a second to read that. (To close a socket that
// holds unread bytes resets it, and the answer would be lost.) It reports false where
// too many are being answered.
func (r *Relay) turnAway(conn *net.TCPConn, why Refusal) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closing || r.turned.Load() >= mostTurnedAway {
		return false
	}
	r.turned.Add(1)
	r.running.Go(func() {
		defer r.turned.Add(-1)
		_ = conn.SetDeadline(time.Now().Add(time.Second))
		text := why.String() + "\n"
		_, err := fmt.Fprintf(conn, "HTTP/1.1 %d %s\r\nRetry-After: %s\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\n\r\n%s",
			why.status(), http.StatusText(why.status()), seconds(later()), len(text), text)
		if err == nil && conn.CloseWrite() == nil {
			_, _ = io.CopyN(io.Discard, conn, 16<<10)
		}
		_ = conn.Close()
	})
	return true
}

// mostLate bounds the sockets that the listeners take beyond Config.Sockets, so that a question
// about the relay's health is answered however many peers connect. Further ones wait in the
// kernel's queue. If there is one and all places are taken, the oldest socket makes way, at the
// earliest after lateLeast: what it has sent by then is read and answered, and nothing after
// that. If it is not closed within lateMost, it is cut.
const (
	mostLate  = 8
	lateLeast = 2 * time.Millisecond
	lateMost  = 100 * time.Millisecond
)

// A late socket came when Config.Sockets were open.
type late struct {
	flow  flow
	conn  net.Conn
	since time.Time // when it came, or has made way
	ended bool      // it has made way
}

// addLate counts a late socket, or returns how long to wait at most before the next attempt.
// With mu held.
func (r *Relay) addLate(f flow, conn net.Conn) (wait time.Duration) {
	a := &r.arrivals
	if len(a.late) >= mostLate {
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

// remove forgets a socket. With mu held.
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
	return slices.ContainsFunc(r.arrivals.late, func(l late) bool { return l.flow == f })
}

// RefuseLate answers a request with 503 and reports true if its connection came when
// Config.Sockets were open. Handlers beside the relay call it, except those that say whether
// the relay is well.
func (r *Relay) RefuseLate(w http.ResponseWriter, request *http.Request) bool {
	if request.Context().Value(lateKey{}) == nil {
		return false
	}
	r.countRefused(RefusedSockets)
	w.Header().Set("Retry-After", seconds(later()))
	w.Header().Set("Connection", "close")
	http.Error(w, RefusedSockets.String(), RefusedSockets.status())
	return true
}

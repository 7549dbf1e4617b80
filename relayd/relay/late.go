package relay

import (
	"context"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/sebas642/intercessor/relayd/source"
)

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
	a.flows[f] = source.Place{}
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
	f, ok := flowOf(conn)
	if !ok {
		return ctx
	}
	r.arrivals.mu.Lock()
	defer r.arrivals.mu.Unlock()
	if slices.ContainsFunc(r.arrivals.late, func(l late) bool { return l.flow == f }) {
		return context.WithValue(ctx, lateKey{}, true)
	}
	return ctx
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

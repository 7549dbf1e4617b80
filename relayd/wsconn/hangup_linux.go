package wsconn

import "syscall"

// hangups watches sockets for the end of their streams: a FIN, a RST, or a failure, and nothing
// else. So data costs nothing here.
//
// A reader whose read was short waits without another read. If the end of the stream came
// together with those bytes, that read has consumed the only event. hangups then makes another
// event.
type hangups struct{ watches }

// watch starts to watch a socket: its end sets hungUp. It returns false if that is not possible.
func (h *hangups) watch(r *readiness) bool {
	if r.tcp == nil {
		return false // a read of a Unix socket is also short at a change of credentials
	}
	return h.add(&r.watch, r.raw, syscall.EPOLLRDHUP, r)
}

// happened handles the end of a socket's stream. It sets hungUp before it makes the event: the
// reader loads hungUp after each read, so either that load sees it or the event comes later.
func (r *readiness) happened() {
	r.hungUp.Store(true)
	_ = r.tcp.CloseRead() // wakes the reader; received bytes stay readable
}

// unwatch stops watching a socket. Call it before the socket is closed.
func (r *readiness) unwatch() { r.hangups.remove(&r.watch, r.raw) }

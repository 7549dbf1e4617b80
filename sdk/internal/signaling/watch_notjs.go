//go:build !js

package signaling

import (
	"context"
	"net"
	"net/http/httptrace"
	"net/netip"

	"github.com/sebas642/intercessor/sdk/internal/netwatch"
)

// watch has the session notice that this machine has other addresses. A relay on this machine
// needs none.
func watch(s *Session) (stop func()) {
	if !s.first.socket.local.IsValid() {
		return func() {}
	}
	return netwatch.Watch(s.readdressed)
}

// readdressed gives up a connection from an address that this machine no longer has: nothing comes
// on it any more, and no error says so. A session that is reconnecting tries at once.
func (s *Session) readdressed(now netwatch.Addresses) {
	s.mu.Lock()
	c := s.current
	s.mu.Unlock()
	switch {
	case c == nil:
		s.retry()
	case c.socket.local.IsValid() && !now.Has(c.socket.local):
		c.stranded.Store(true)
		s.rearm() // look drops it
	}
}

// tracing has local become this machine's address of the connection, unless that is of this
// machine only.
func tracing(ctx context.Context, local *netip.Addr) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) {
		if tcp, ok := info.Conn.LocalAddr().(*net.TCPAddr); ok && !tcp.IP.IsLoopback() {
			*local = tcp.AddrPort().Addr()
		}
	}})
}

//go:build !unix

package wsconn

import (
	"crypto/tls"
	"net"
)

// ListenTLS is [tls.NewListener] on this platform.
func ListenTLS(listener net.Listener, config *tls.Config) net.Listener {
	return tls.NewListener(listener, config)
}

// TLSSocket is the identity on this platform.
func TLSSocket(tcp *net.TCPConn) net.Conn { return tcp }

//go:build unix

package wsconn

import (
	"crypto/tls"
	"io"
	"net"
	"syscall"
)

// ListenTLS returns a listener for TLS on which an idle peer costs little. Connections of
// [tls.NewListener] work too, but each idle peer keeps a read buffer and the stack of
// crypto/tls.
func ListenTLS(listener net.Listener, config *tls.Config) net.Listener {
	return tls.NewListener(tlsSockets{listener}, config)
}

// TLSSocket returns a socket for [tls.Client] or [tls.Server] on which an idle peer costs little.
func TLSSocket(tcp *net.TCPConn) net.Conn { return &tlsSocket{TCPConn: tcp} }

type tlsSockets struct{ net.Listener }

func (l tlsSockets) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if tcp, ok := conn.(*net.TCPConn); ok && err == nil {
		return TLSSocket(tcp), nil
	}
	return conn, err
}

// A tlsSocket is the socket below a TLS connection. During an attempt its Read does not
// block: crypto/tls keeps a partial record and continues with it at the next attempt, as
// after a deadline.
type tlsSocket struct {
	*net.TCPConn
	attempt *readiness // owned by the reading goroutine; nil outside an attempt
}

func (s *tlsSocket) Read(b []byte) (int, error) {
	if s.attempt == nil {
		return s.TCPConn.Read(b)
	}
	n, err := s.attempt.receiveRaw(b)
	switch {
	case err == syscall.EAGAIN:
		return 0, errNothing{}
	case err != nil:
		return 0, err
	case n == 0 && len(b) > 0:
		return 0, io.EOF
	}
	return n, nil
}

// errNothing ends an attempt without bytes. crypto/tls does not treat a temporary network
// error as the end of the connection.
type errNothing struct{}

func (errNothing) Error() string   { return "no bytes to read" }
func (errNothing) Timeout() bool   { return true }
func (errNothing) Temporary() bool { return true }

// decrypt is receive for TLS.
func (r *readiness) decrypt(b []byte) (int, error) {
	socket := r.secure.NetConn().(*tlsSocket)
	socket.attempt = r
	n, err := r.secure.Read(b)
	socket.attempt = nil
	if err == (errNothing{}) && n == 0 {
		return 0, syscall.EAGAIN
	}
	if n > 0 {
		return n, nil // the next read returns an error again
	}
	if err == io.ErrUnexpectedEOF { // a plain socket also returns EOF in the middle of a frame
		err = io.EOF
	}
	return 0, err
}

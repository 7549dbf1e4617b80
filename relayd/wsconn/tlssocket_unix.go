//go:build unix

package wsconn

import (
	"crypto/tls"
	"io"
	"net"
	"syscall"
)

// ListenTLS gives connections with TLS on which an idle peer costs little. Those
// of [tls.NewListener] work too; there, each peer keeps memory to read into, and a
// stack as deep as crypto/tls.
func ListenTLS(listener net.Listener, config *tls.Config) net.Listener {
	return tls.NewListener(tlsSockets{listener}, config)
}

type tlsSockets struct{ net.Listener }

func (l tlsSockets) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if tcp, ok := conn.(*net.TCPConn); ok && err == nil {
		return &tlsSocket{TCPConn: tcp}, nil
	}
	return conn, err
}

// A tlsSocket is the socket below a TLS connection. During an attempt its Read does
// not wait: crypto/tls keeps the piece of a record that has come, and goes on with
// it at the next attempt, as after a deadline.
type tlsSocket struct {
	*net.TCPConn
	attempt *readiness // owned by the goroutine that reads; nil outside an attempt
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

// errNothing ends an attempt for which nothing has come. As a temporary error of the
// network it leaves the TLS connection whole.
type errNothing struct{}

func (errNothing) Error() string   { return "nothing has come" }
func (errNothing) Timeout() bool   { return true }
func (errNothing) Temporary() bool { return true }

// decrypt is receive with TLS.
func (r *readiness) decrypt(b []byte) (int, error) {
	socket := r.secure.NetConn().(*tlsSocket)
	socket.attempt = r
	n, err := r.secure.Read(b)
	socket.attempt = nil
	if err == (errNothing{}) && n == 0 {
		return 0, syscall.EAGAIN
	}
	if n > 0 {
		return n, nil // an error comes again
	}
	if err == io.ErrUnexpectedEOF { // as a plain socket has it, in the middle of a frame too
		err = io.EOF
	}
	return 0, err
}

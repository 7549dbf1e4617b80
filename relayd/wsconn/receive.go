package wsconn

import "net"

// A sink handles what a readiness reads. Its reader calls it.
type sink interface {
	// handleRead handles the bytes b of one read and returns the borrowed memory m, which holds
	// them, to the pool.
	handleRead(b []byte, m *chunk) error

	// isPartial reports whether the sink wants to read on by itself.
	isPartial() bool

	// ended reports whether reading must end, with the error of the next wait.
	ended() bool
}

// Receive passes all bytes of a connection to handle, until reading fails or handle returns an
// error. It returns that error, [io.EOF] at the end of the stream. The bytes are valid only during
// the call. On a plain socket, or with TLS on a socket of [ListenTLS] or [TLSSocket], it borrows
// memory only while there are bytes to read. One goroutine may read from a connection.
func Receive(conn net.Conn, handle func([]byte) error) (err error) {
	if r := newReadiness(conn, received(handle), nil); r != nil {
		for err == nil {
			err = r.read()
		}
		return err
	}
	own := make([]byte, growth)
	for err == nil {
		var n int
		n, err = conn.Read(own)
		if n > 0 {
			if fault := handle(own[:n]); fault != nil {
				return fault
			}
		}
	}
	return err
}

// received passes bytes on as they come.
type received func([]byte) error

func (handle received) handleRead(b []byte, m *chunk) error {
	err := handle(b)
	chunks.Put(m)
	return err
}

func (received) isPartial() bool { return false }

func (received) ended() bool { return false }

package relay

import "net"

// A reader takes bytes from a connection for its session, which looks for frames in them.
// A peer owns memory for it only in the middle of a frame: what comes is looked
// at in borrowed memory, and only what is left over is copied.
type reader struct {
	conn    net.Conn
	ready   *readiness // nil where this connection can only be read into memory set aside
	partial []byte     // a frame whose end has not come, or, at first, what came behind the handshake
	looked  bool       // partial holds no whole frame
}

// growth is the least by which memory set aside grows, in bytes.
const growth = 4 << 10

// next waits until something comes and has the session consume what it can of all that
// is there.
func (r *reader) next(s *session) error {
	var m *message
	var b []byte
	if r.ready != nil && len(r.partial) == 0 {
		var n int
		var err error
		if m, n, err = r.ready.read(); err != nil {
			return err
		}
		b = m.in[:n]
	} else {
		if err := r.more(s); err != nil {
			return err
		}
		m, b = messages.Get().(*message), r.partial
	}
	consumed, err := s.look(m, b)
	if consumed == len(b) {
		r.partial = nil
	} else if consumed > 0 || len(r.partial) == 0 {
		r.partial = append([]byte(nil), b[consumed:]...)
	}
	r.looked = s.held == nil // else it has stopped early
	messages.Put(m)
	return err
}

// more reads behind what is there. Memory grows with what has come, not with
// what a header promises, and is counted before it does.
func (r *reader) more(s *session) error {
	if len(r.partial) > 0 && !r.looked {
		return nil
	}
	if len(r.partial) == cap(r.partial) {
		size := min(max(growth, 2*len(r.partial)), s.relay.longest)
		s.holds(size - cap(r.partial))
		r.partial = append(make([]byte, 0, size), r.partial...)
	}
	n, err := r.conn.Read(r.partial[len(r.partial):cap(r.partial)])
	r.partial = r.partial[:len(r.partial)+n]
	if n > 0 {
		return nil // an error comes again
	}
	return err
}

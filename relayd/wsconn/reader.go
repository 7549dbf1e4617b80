package wsconn

import (
	"sync"
	"time"

	"github.com/sebas642/intercessor/relayd/frame"
)

// A reader holds received bytes that are not handled. A connection owns memory for them only
// in the middle of a frame or of a message: reads go to borrowed memory, and only the rest is
// copied.
type reader struct {
	partial   []byte     // an unfinished frame, or, at first, the bytes behind the handshake
	looked    bool       // partial holds no whole frame
	fragments []byte     // the unfinished message, nil if there is none
	binary    bool       // that message is binary
	text      frame.UTF8 // the UTF-8 state of that message
	followed  uint32     // how many bytes of the unfinished frame text has seen
	kept      int        // how many bytes the handler keeps
	counted   bool       // the connection is in the budget
}

// growth is the least by which the memory of partial grows, in bytes.
const growth = 4 << 10

const second = time.Second

// A chunk is the memory that a read borrows, so that an idle connection owns none.
type chunk [16 << 10]byte

var chunks = sync.Pool{New: func() any { return new(chunk) }}

// Amount is the result of one read: whole frames, and the bytes of their payloads.
type Amount struct {
	Frames, Bytes int
}

// Read passes all messages to the handler, until the connection fails or the handler returns
// an error. It answers pings. It returns the error, which is never nil.
func (c *Conn) Read() (err error) {
	for err == nil {
		if c.ready != nil && len(c.in.partial) == 0 {
			err = c.ready.read()
		} else if err = c.readMore(); err == nil {
			err = c.handleRead(c.in.partial, nil)
		}
	}
	return err
}

// handleRead implements sink. m is nil if the bytes are in partial. It returns m to the pool before
// Came, which may block.
func (c *Conn) handleRead(b []byte, m *chunk) error {
	var got Amount
	consumed, err := c.look(b, &got)
	if consumed == len(b) {
		c.in.partial = nil
	} else if consumed > 0 || m != nil {
		c.in.partial = append([]byte(nil), b[consumed:]...)
	}
	if m != nil {
		chunks.Put(m)
	}
	c.hold(0)
	return c.handler.Came(got, err)
}

// isPartial implements sink: the rest of a frame is read into memory of the connection's own.
func (c *Conn) isPartial() bool { return len(c.in.partial) > 0 }

// readMore reads more bytes into partial. Its memory grows with the bytes received, not with the
// length in a header, and is counted before it grows.
func (c *Conn) readMore() error {
	in := &c.in
	if len(in.partial) > 0 && !in.looked {
		return nil
	}
	if len(in.partial) == cap(in.partial) {
		size := min(max(growth, 2*len(in.partial)), frame.MaxHeader+4+c.group.MaxMessage)
		c.hold(size - cap(in.partial))
		in.partial = append(make([]byte, 0, size), in.partial...)
	}
	n, err := c.socket.Read(in.partial[len(in.partial):cap(in.partial)])
	in.partial = in.partial[:len(in.partial)+n]
	if n > 0 {
		return nil // the next read returns an error again
	}
	return err
}

package wsconn

import (
	"sync"
	"time"

	"github.com/sebas642/intercessor/relayd/frame"
)

// A reader holds what has come and is not handled. A connection owns memory for it only in
// the middle of a frame or of a message: what comes is looked at in borrowed memory, and only
// what is left over is copied.
type reader struct {
	partial   []byte     // a frame whose end has not come, or, at first, what came behind the handshake
	looked    bool       // partial holds no whole frame
	fragments []byte     // the message so far, nil outside one
	binary    bool       // the message is
	text      frame.UTF8 // how its characters stand
	followed  uint32     // how much of the frame at hand is in text already, in bytes
	kept      int        // what the handler keeps, in bytes
	counted   bool       // the connection has something in the budget
}

// growth is the least by which memory set aside grows, in bytes.
const growth = 4 << 10

const second = time.Second

// A chunk is the memory that a read borrows, so that an idle connection owns none.
type chunk [16 << 10]byte

var chunks = sync.Pool{New: func() any { return new(chunk) }}

// Amount is how much one read has brought: whole frames, and the bytes of their payloads.
type Amount struct {
	Frames, Bytes int
}

// Read waits for what comes and passes all whole messages to the handler, until the connection
// fails or the handler ends it. It answers pings. It returns the error.
func (c *Conn) Read() (err error) {
	for err == nil {
		if c.ready != nil && len(c.in.partial) == 0 {
			err = c.ready.read()
		} else if err = c.more(); err == nil {
			err = c.took(c.in.partial, nil)
		}
	}
	return err
}

// took handles what one read has brought, which is in borrowed memory unless m is nil, and
// gives that memory back before the handler may wait.
func (c *Conn) took(b []byte, m *chunk) error {
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

// more reads behind what is there. Memory grows with what has come, not with
// what a header promises, and is counted before it does.
func (c *Conn) more() error {
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
		return nil // an error comes again
	}
	return err
}

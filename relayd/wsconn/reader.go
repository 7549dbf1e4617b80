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

// Amount is how much has come.
type Amount struct {
	Frames, Bytes int
}

// Read waits until something comes and passes all whole messages to the handler. It answers
// pings. It returns how many frames came and how many bytes their payloads had.
func (c *Conn) Read() (got Amount, err error) {
	var m *chunk
	b := c.in.partial
	if c.ready != nil && len(b) == 0 {
		var n int
		if m, n, err = c.ready.read(); err != nil {
			return got, err
		}
		b = m[:n]
	} else {
		if err := c.more(); err != nil {
			return got, err
		}
		b = c.in.partial
	}
	consumed, err := c.look(b, &got)
	if consumed == len(b) {
		c.in.partial = nil
	} else if consumed > 0 || len(c.in.partial) == 0 {
		c.in.partial = append([]byte(nil), b[consumed:]...)
	}
	if m != nil {
		chunks.Put(m)
	}
	c.hold(0)
	return got, err
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

package chaos

import (
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// errEnd says that a socket ended in an orderly way.
var errEnd = errors.New("end of stream")

// A way carries one direction. Its reader stamps each piece with the time at which it is due,
// and its writer waits for that time, so that delays overlap as on a real line.
type way struct {
	faults Way
	random *rand.Rand // owned by the reader
	passed atomic.Int64
}

// A piece is some bytes under way, or the end of the stream.
type piece struct {
	data []byte
	due  time.Time
	end  error
}

// waiting bounds the pieces inside the proxy, of at most pieceSize bytes each.
const (
	waiting   = 64
	pieceSize = 16 << 10
)

// carry returns when src has ended or was closed and everything is written.
func (w *way) carry(c *conn, src, dst *net.TCPConn) {
	pieces := make(chan piece, waiting)
	var reader sync.WaitGroup
	reader.Go(func() { w.read(c, src, pieces) })
	w.write(c, dst, pieces)
	reader.Wait()
}

// read ends with src. After a cut it continues and discards bytes: silence keeps the sockets
// open, and unread bytes would turn a FIN into a reset.
func (w *way) read(c *conn, src *net.TCPConn, pieces chan<- piece) {
	defer close(pieces)
	var last time.Time // no piece may overtake another
	for {
		data := make([]byte, pieceSize)
		n, err := src.Read(data)
		due := time.Now().Add(w.faults.Delay)
		if w.faults.Jitter > 0 {
			due = due.Add(time.Duration(w.random.Int64N(int64(w.faults.Jitter))))
		}
		if due.Before(last) {
			due = last
		}
		last = due
		if n > 0 {
			select {
			case pieces <- piece{data: data[:n], due: due}:
			case <-c.cutDone:
			}
		}
		if err == nil {
			continue
		}
		if err == io.EOF {
			err = errEnd
		}
		select {
		case pieces <- piece{end: err, due: due}:
		case <-c.cutDone:
		}
		return
	}
}

// write ends after the last piece, or at a cut.
func (w *way) write(c *conn, dst *net.TCPConn, pieces <-chan piece) {
	if w.step(c) != nil {
		return
	}
	for {
		var p piece
		select {
		case <-c.cutDone:
			return
		case next, ok := <-pieces:
			if !ok {
				return
			}
			p = next
		}
		if !w.until(c, p.due) {
			return
		}
		if p.end != nil {
			c.ended(dst, p.end)
			return
		}
		if w.pass(c, dst, p.data) != nil {
			return
		}
	}
}

// until waits for a time. It returns false if the connection was cut before.
func (w *way) until(c *conn, due time.Time) bool {
	if stall := time.Unix(0, c.stalls.Load()); stall.After(due) {
		due = stall
	}
	d := time.Until(due)
	if d <= 0 {
		select {
		case <-c.cutDone:
			return false
		default:
			return true
		}
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-c.cutDone:
		return false
	}
}

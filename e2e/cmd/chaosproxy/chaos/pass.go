package chaos

import (
	"errors"
	"net"
	"time"
)

// errCut says that the connection was cut.
var errCut = errors.New("the connection was cut")

// pass writes data, in one step for each range between faults.
func (w *way) pass(c *conn, dst *net.TCPConn, data []byte) error {
	for len(data) > 0 {
		n := w.span(len(data))
		if !w.until(c, time.Time{}) {
			return errCut
		}
		w.passed.Add(int64(n)) // before the write, so that a reader finds it counted
		written, err := dst.Write(data[:n])
		if err != nil {
			w.passed.Add(int64(written - n))
			if !c.isCut() {
				c.cut(RST) // the receiver is gone, so reset the sender too
			}
			return err
		}
		data = data[n:]
		if err := w.step(c); err != nil {
			return err
		}
		if w.faults.Rate > 0 && !w.until(c, time.Now().Add(time.Duration(n)*time.Second/time.Duration(w.faults.Rate))) {
			return errCut
		}
	}
	return nil
}

// span returns how many of n bytes may pass before the next fault.
func (w *way) span(n int) int {
	room := int64(n)
	passed := w.passed.Load()
	if cut := w.faults.Cut; cut.By != None && cut.At > passed {
		room = min(room, cut.At-passed)
	}
	if stall := w.faults.Stall; stall.For > 0 && stall.At > passed {
		room = min(room, stall.At-passed)
	}
	if w.faults.Rate > 0 { // about a hundred steps a second
		room = min(room, max(1, w.faults.Rate/100))
	}
	return int(room)
}

// step carries out the fault at the current byte.
func (w *way) step(c *conn) error {
	passed := w.passed.Load()
	if stall := w.faults.Stall; stall.For > 0 && stall.At == passed {
		w.faults.Stall = Stall{}
		if !w.until(c, time.Now().Add(stall.For)) {
			return errCut
		}
	}
	if cut := w.faults.Cut; cut.By != None && cut.At == passed {
		c.cut(cut.By)
		return errCut
	}
	return nil
}

package wsconn

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"time"

	"github.com/sebas642/intercessor/relayd/frame"
)

// An End is how a connection ended that was not cut.
type End struct {
	Code   uint16
	Reason string
	ByPeer bool // the peer closed it
	Tag    any  // the caller's
}

// The reasons for which a connection ends. Read also returns errors of the handler, and
// violations of RFC 6455, whose texts are fit for a close frame of code 1002.
var (
	ErrTooBig         = errors.New("a message is longer than the limit")
	ErrBinary         = errors.New("a message is binary")
	ErrText           = errors.New("a text message is not UTF-8")
	ErrFlood          = errors.New("too many control frames in a second")
	ErrStalled        = errors.New("the peer does not read")
	ErrMessageTimeout = errors.New("a message did not end in time")
	ErrPingTimeout    = errors.New("a ping was not answered in time")
)

// errLeft is the peer's close frame, with its code.
type errLeft uint16

func (errLeft) Error() string { return "the peer has left" }

// longAgo is a deadline that ends a wait at once.
var longAgo = time.Unix(1, 0)

// Close queues a close frame behind the frames that wait, refuses everything after it, and
// wakes the reader. If drop is true, it drops the waiting frames that are not begun, so that a
// slow peer gets the close frame early. Close does not wait for the end of the connection: the
// reader does that with Finish. Only the first call counts and returns true.
func (c *Conn) Close(how End, drop bool) bool {
	return c.seal(frame.AppendClose(nil, how.Code, how.Reason), &how, drop)
}

// End returns how the connection ended. It returns false while the connection is open, and if
// it was cut.
func (c *Conn) End() (End, bool) {
	if how := c.end.Load(); how != nil {
		return *how, true
	}
	return End{}, false
}

// Fail ends the connection after Read returned err. For a close frame of the peer it stores
// the end, and Finish answers it. For an error of the network it sends nothing. It returns any
// other error, and the caller then closes with a code. If writes made no progress, it stores
// stalled as the end and returns ErrStalled: no close frame can be sent.
func (c *Conn) Fail(err error, stalled End) (fault error) {
	var left errLeft
	var network net.Error
	switch {
	case c.stalled():
		c.end.Store(&stalled)
		fault = ErrStalled
	case errors.As(err, &left):
		c.seal(nil, &End{Code: uint16(left), ByPeer: true}, false)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.As(err, &network), errors.As(err, new(syscall.Errno)):
		c.seal(nil, nil, false)
	default:
		fault = err
	}
	c.in.partial, c.in.fragments = nil, nil
	c.hold(0)
	return fault
}

// seal queues a close frame, unless it is nil, refuses everything after it, and wakes the
// reader. Only the first call counts and returns true.
func (c *Conn) seal(closing []byte, how *End, drop bool) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.usable() != nil {
		return false
	}
	if drop {
		kept := c.writing
		if c.partly {
			kept = 1
		}
		c.remove(kept, len(c.queue))
	}
	if closing != nil {
		_ = c.put(closing, 1, nil) // a failure ends the outbox all the same
	}
	c.end.Store(how) // before the reader wakes and calls End
	c.sealed, c.until = true, time.Now().Add(c.group.CloseWithin)
	_ = c.socket.SetWriteDeadline(c.until)
	_ = c.socket.SetReadDeadline(longAgo)
	if c.over != nil {
		close(c.over)
	}
	c.wake()
	return true
}

// stalled reports whether a write made no progress within WriteWithin.
func (c *Conn) stalled() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.sealed && errors.Is(c.err, os.ErrDeadlineExceeded)
}

// fail ends the outbox and wakes the reader. With mu held.
func (c *Conn) fail(err error) {
	if c.err == nil {
		c.err = err
		_ = c.socket.SetReadDeadline(longAgo)
	}
	c.wake()
}

// Finish completes the closing handshake: it answers the peer's close frame, if there was one,
// waits until the outbox is empty, waits up to CloseWithin for the peer's answer, and closes
// the socket. (Closing a socket with unread bytes resets it, and the peer would not see the
// close frame.) Call it after Close or Fail, and after everything that the peer may rely on
// when it gets the answer.
func (c *Conn) Finish() {
	c.answerClose()
	if c.ready != nil {
		c.ready.unwatch()
	}
	c.writers.Wait()
	c.mu.Lock()
	over := c.until
	c.mu.Unlock()
	if half, ok := c.socket.(interface{ CloseWrite() error }); ok && !over.IsZero() && half.CloseWrite() == nil {
		_ = c.socket.SetReadDeadline(over)
		_, _ = io.Copy(io.Discard, c.socket)
	}
	_ = c.socket.Close()
}

// answerClose answers the peer's close frame, if there was one, with the same code (RFC 6455,
// section 5.5.1).
func (c *Conn) answerClose() {
	how, _ := c.End()
	c.mu.Lock()
	defer c.mu.Unlock()
	if how.ByPeer && c.err == nil {
		_ = c.put(frame.AppendClose(nil, how.Code, ""), 1, nil)
	}
}

// ended reports whether the connection is closed or has failed.
func (c *Conn) ended() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.usable() != nil
}

// Cut closes the socket at once, without a close frame, and waits until the reader has left
// the handler. The handler must not call it.
func (c *Conn) Cut() { _ = c.socket.Close() }

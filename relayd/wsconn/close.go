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

// An End says how a connection ended that was not cut.
type End struct {
	Code   uint16
	Reason string
	ByPeer bool // the peer closed it
	Tag    any  // the caller's
}

// Why a connection ends. What Read returns besides these is the handler's own error or a
// fault of a frame, which is a sentence for a close frame of code 1002.
var (
	ErrTooBig         = errors.New("a message is longer than it may be")
	ErrBinary         = errors.New("a message is binary")
	ErrText           = errors.New("a text message is not UTF-8")
	ErrFlood          = errors.New("too many control frames in a second")
	ErrStalled        = errors.New("the peer takes nothing")
	ErrMessageTimeout = errors.New("a message did not end in time")
	ErrPingTimeout    = errors.New("a ping was not answered in time")
)

// errLeft is the peer's close frame, with its code.
type errLeft uint16

func (errLeft) Error() string { return "the peer has left" }

// longAgo is a deadline that ends a wait at once.
var longAgo = time.Unix(1, 0)

// Close sends a close frame behind what waits, refuses everything after it, and wakes the
// reader. If drop is true, what waits is dropped as far as possible, so that a peer that is
// behind gets the close frame first. Close does not wait for the end of the connection: the
// reader does that with Finish. Only the first call counts, and reports true.
func (c *Conn) Close(how End, drop bool) bool {
	return c.seal(frame.AppendClose(nil, how.Code, how.Reason), &how, drop)
}

// End returns how the connection ended. It reports false while it has not, and if it was
// cut.
func (c *Conn) End() (End, bool) {
	if how := c.end.Load(); how != nil {
		return *how, true
	}
	return End{}, false
}

// Fail ends the connection after Read returned err, as far as RFC 6455 says how: it notes the
// peer's close frame, which Finish answers, and sends nothing where the connection was cut. It
// returns any other error, for which the caller closes with a code of its own. ErrStalled is
// returned with the end noted as stalled, since no close frame can be sent.
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

// seal puts a close frame in, if there is one, refuses everything after it, and wakes the
// reader. Only the first call counts.
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
	c.end.Store(how) // before the reader wakes, which asks
	c.sealed, c.until = true, time.Now().Add(c.group.CloseWithin)
	_ = c.socket.SetWriteDeadline(c.until)
	_ = c.socket.SetReadDeadline(longAgo)
	if c.over != nil {
		close(c.over)
	}
	c.wake()
	return true
}

// stalled reports whether a write made no progress for as long as it may.
func (c *Conn) stalled() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.sealed && errors.Is(c.err, os.ErrDeadlineExceeded)
}

// fail ends the outbox and wakes the reader, which notices. With mu held.
func (c *Conn) fail(err error) {
	if c.err == nil {
		c.err = err
		_ = c.socket.SetReadDeadline(longAgo)
	}
	c.wake()
}

// Finish completes the closing handshake: it answers the peer's close frame, if there was one,
// waits until what was sent is written, gives the peer its time to answer, and closes the
// socket. (To close a socket that holds unread bytes resets it, and the peer would never see
// the close frame.) The connection must be closed, or have failed. What the peer may rely on
// when it hears the answer must be done before.
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

// answerClose sends a peer that has left the code of its close frame back (RFC 6455, section
// 5.5.1).
func (c *Conn) answerClose() {
	how, _ := c.End()
	c.mu.Lock()
	defer c.mu.Unlock()
	if how.ByPeer && c.err == nil {
		_ = c.put(frame.AppendClose(nil, how.Code, ""), 1, nil)
	}
}

// ended reports whether the reader is to end.
func (c *Conn) ended() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.usable() != nil
}

// Cut closes the socket at once, and waits until the reader has left its handler.
func (c *Conn) Cut() { _ = c.socket.Close() }

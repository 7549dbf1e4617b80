package turn

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// writeWithin is how long a client may take to read what waits in its socket.
	writeWithin = 10 * time.Second

	// bareFor is how long a connection may be without an allocation.
	bareFor = 30 * time.Second

	// lookAtEnd is how often a connection whose request waits for a limit looks whether it has ended.
	lookAtEnd = 50 * time.Millisecond
)

// A conn is a TCP connection behind its guard. pion reads whole frames from it.
type conn struct {
	net.Conn
	server *Server
	number uint64 // in the order of arrival
	flow   flow
	remote net.Addr
	guard  guard
	reader *bufio.Reader

	// Owned by the goroutine that reads.
	asked requestMeter

	// Owned by the goroutine that sweeps.
	bareSince time.Duration // as hub.now

	writing sync.Mutex
	failed  bool // a frame was written in part; guarded by writing

	ended  atomic.Bool
	closed sync.Once
}

func (s *Server) newConn(c net.Conn, number uint64) *conn {
	// pion knows an allocation by its addresses. The local one is made up, so that no two
	// connections share both, whatever a proxy says.
	local := make(net.IP, net.IPv6len)
	binary.BigEndian.PutUint64(local[8:], number)
	own := &conn{Conn: c, server: s, number: number, remote: c.RemoteAddr(), reader: bufio.NewReaderSize(c, 2<<10), bareSince: s.hub.now()}
	own.flow = flow{sourceOf(own.remote), &net.TCPAddr{IP: local}}
	own.guard = guard{server: s, limit: own.limit, limitSigned: own.limit}
	return own
}

// limit counts a request. One of a connection without an allocation counts for all of these, too,
// and waits for its turn, or until the connection ends: a client does not send a request over TCP
// again. Forged UDP sources do not count for connections.
func (c *conn) limit(netip.Addr) (why reason, ok bool) {
	now, limits := c.server.hub.now, &c.server.limits
	if !c.asked.take(limits.Load().ofNetwork(), now()) {
		return overNetwork, false
	}
	if c.server.hub.at(c.flow) != nil {
		return 0, true
	}
	rate := limits.Load().ofAllNetworks()
	for due := now() + c.server.bare.turn(rate, now()); now() < due; {
		if c.ended.Load() {
			c.server.bare.giveBack(rate, now())
			return overRequests, false
		}
		time.Sleep(min(lookAtEnd, due-now()))
	}
	return 0, true
}

var errFrame = errors.New("neither STUN nor channel data")

// pad follows a frame of 8 bytes or less, because pion looks for a frame only in 9 bytes or more.
// It is a Binding indication, which pion ignores.
var pad = []byte{0, 0x11, 0, 0, 0x21, 0x12, 0xA4, 0x42, 19: 0}

// Read returns the next frame that pion may have. into has space for maxFrame and pad.
func (c *conn) Read(into []byte) (int, error) {
	for {
		n, err := c.readFrame(into)
		if err != nil {
			return 0, err
		}
		if n == 0 {
			c.server.counts.drop(tooLarge)
			continue
		}
		answer, ok := c.guard.admit(into[:n], c.flow)
		if ok {
			if n <= 8 {
				n += copy(into[n:], pad)
			}
			return n, nil
		}
		if answer != nil {
			if _, err := c.Write(answer); err != nil {
				return 0, err
			}
		}
	}
}

// readFrame reads one frame with its padding (RFC 8656, section 12.5). It returns 0 for one that
// is too large, and skips it.
func (c *conn) readFrame(into []byte) (int, error) {
	header, err := c.reader.Peek(channelHeader)
	if err != nil {
		return 0, err
	}
	size := int(binary.BigEndian.Uint16(header[2:]))
	switch {
	case isChannelData(header):
		size = (channelHeader + size + 3) &^ 3
	case header[0] <= 3:
		size += stunHeader
	default:
		c.server.counts.drop(malformed)
		return 0, errFrame
	}
	if size > maxFrame {
		_, err := c.reader.Discard(size)
		return 0, err
	}
	return io.ReadFull(c.reader, into[:size])
}

// Write sends a frame. If the client takes too long to read it, the connection ends.
func (c *conn) Write(frame []byte) (int, error) {
	c.server.counts.answered(frame)
	c.server.challenge.address(frame, c.flow.source)
	c.writing.Lock()
	defer c.writing.Unlock()
	if c.failed {
		return 0, net.ErrClosed
	}
	c.SetWriteDeadline(time.Now().Add(writeWithin))
	if c.ended.Load() {
		c.SetWriteDeadline(longAgo)
	}
	n, err := c.Conn.Write(frame)
	if err != nil {
		c.failed = true
		if e, ok := err.(net.Error); ok && e.Timeout() {
			c.server.counts.drop(tooSlow)
		}
		c.end()
	}
	return n, err
}

// end lets pion's goroutine close the connection, even if it writes to a client that does not
// read. It does not block.
func (c *conn) end() {
	c.ended.Store(true)
	c.SetDeadline(longAgo)
}

var longAgo = time.Unix(1, 0)

// Close is called by pion's goroutine at its end, after it has deleted the allocation.
func (c *conn) Close() error {
	err := net.ErrClosed
	c.closed.Do(func() {
		err = c.Conn.Close()
		c.server.connections.remove(c)
		c.server.running.Done()
	})
	return err
}

func (c *conn) LocalAddr() net.Addr  { return c.flow.local }
func (c *conn) RemoteAddr() net.Addr { return c.remote }

package wsconn

import "github.com/sebas642/intercessor/relayd/frame"

var ping = frame.AppendControl(nil, frame.Ping, nil)

// Check applies the time limits and sends pings. It returns ErrMessageTimeout or
// ErrPingTimeout if the connection must be closed. The owner calls it once a tick, from one
// goroutine.
func (c *Conn) Check(now int64) error {
	g := c.group
	if now%g.Ticks(second) == 0 {
		c.controls.Store(0)
	}
	if c.paused.Load() {
		c.pinged = 0 // answers are not read
		return nil
	}
	if began := c.began.Load(); began != 0 && now-began > g.Ticks(g.MessageWithin) {
		return ErrMessageTimeout
	}
	heard := c.heard.Load()
	switch {
	case c.pinged != 0 && heard >= c.pinged:
		c.pinged = 0
	case c.pinged == 0 && now-heard < g.Ticks(g.PingAfter):
	case c.Busy(): // a ping would wait in the outbox: WriteWithin applies
		c.pinged = 0
	case c.pinged == 0:
		if c.Send(ping, 1, nil) == nil {
			c.pinged = now
		}
	case now-c.pinged > g.Ticks(g.PongWithin):
		return ErrPingTimeout
	}
	return nil
}

// Pause stops the time limits of Check until Resume, because the reader does not read.
func (c *Conn) Pause() { c.paused.Store(true) }

// Resume ends a Pause. It allows for the control frames that came during it.
func (c *Conn) Resume() {
	c.heard.Store(c.group.Now())
	c.controls.Store(int32(-10 * c.group.ControlFrames))
	c.paused.Store(false)
}

// Paused reports whether the reader is between Pause and Resume.
func (c *Conn) Paused() bool { return c.paused.Load() }

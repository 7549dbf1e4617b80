package sdk

import (
	"time"

	"github.com/sebas642/intercessor/sdk/internal/rtc"
)

// ICEServers returns the STUN and TURN servers of this Conn's direct path, for a program
// that makes a WebRTC connection of its own beside it: those of Options.ICEServers, or
// else those that the relay has named last, as far as this peer can use them. The relay's
// credentials are for this peer alone, and secrets. They expire, and others come in time:
// so ask again for each connection and each ICE restart.
func (c *Conn) ICEServers() []ICEServer {
	if c.named != nil {
		return c.named
	}
	return rtc.ParseICEServers(c.RelayICEServers())
}

// RelayICEServers returns what the relay has named last: one JSON array of RTCIceServer,
// or nil if it names none.
func (c *Conn) RelayICEServers() []byte { return c.session.Hello().ICE.Servers }

// ICEExpires returns until when what ICEServers returns may be used, the zero Time if it
// does not expire.
func (c *Conn) ICEExpires() time.Time {
	if c.named != nil {
		return time.Time{}
	}
	return c.session.ICEExpires()
}

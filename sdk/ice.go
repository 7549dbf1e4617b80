package sdk

import (
	"bytes"
	"slices"
	"sync"
	"time"

	"github.com/sebas642/intercessor/sdk/internal/rtc"
)

// ICEServer is a STUN or TURN server.
type ICEServer struct {
	// URLs are like stun:stun.example:3478, turn:turn.example:3478?transport=udp or
	// turns:turn.example.
	URLs []string

	// Username and Credential are required for TURN.
	Username, Credential string
}

// ICEServers returns the STUN and TURN servers of this Conn's direct path, for a program
// that makes a WebRTC connection of its own beside it: those of Options.ICEServers, or
// else those that the relay has named last, as far as this peer can use them. The relay's
// credentials are for this peer alone, and secrets. They expire, and others come in time:
// ask again for each connection and each ICE restart. expires is zero if they do not expire.
func (c *Conn) ICEServers() (servers []ICEServer, expires time.Time) {
	if c.named != nil {
		return c.named, time.Time{}
	}
	return c.ice.parse(c.relayICEServers()), c.session.ICEExpires()
}

// iceServers are the servers that the relay has named, parsed.
type iceServers struct {
	mu      sync.Mutex // guards what follows
	text    []byte
	servers []ICEServer
}

// parse returns the servers of a text, which it parses if it is another one than before.
func (s *iceServers) parse(text []byte) []ICEServer {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.servers == nil || !bytes.Equal(s.text, text) {
		named := rtc.ParseICEServers(text)
		s.text, s.servers = text, make([]ICEServer, len(named))
		for i, server := range named {
			s.servers[i] = ICEServer(server)
		}
	}
	return slices.Clone(s.servers)
}

// relayICEServers returns what the relay has named last: one JSON array of RTCIceServer,
// or nil if it names none.
func (c *Conn) relayICEServers() []byte { return c.session.Hello().ICE.Servers }

// forPath gives servers the type that the direct path knows.
func forPath(servers []ICEServer) (list []rtc.ICEServer) {
	for _, s := range servers {
		list = append(list, rtc.ICEServer(s))
	}
	return list
}

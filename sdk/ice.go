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

// ICEServers returns the STUN and TURN servers of this Conn's direct path, for a program that
// makes its own WebRTC connection: the relay's latest ones that
// this peer can use, unless Options.OnlyOwnICEServers is set, and those of Options.ICEServers. The relay's credentials
// are secret and for this peer alone. They expire and the relay renews them, so call ICEServers
// again for each connection and each ICE restart. expires is zero if they do not expire.
func (c *Conn) ICEServers() (servers []ICEServer, expires time.Time) {
	if c.onlyNamed {
		return slices.Clone(c.named), time.Time{}
	}
	return append(c.ice.parse(c.relayICEServers()), c.named...), c.session.ICEExpires()
}

// iceServers are the servers that the relay has named, parsed.
type iceServers struct {
	mu      sync.Mutex // guards what follows
	text    []byte
	servers []ICEServer
}

// parse returns the servers of a text. It parses only a text that has changed.
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

// relayICEServers returns the relay's latest servers: one JSON array of RTCIceServer, or nil
// if there are none.
func (c *Conn) relayICEServers() []byte { return c.session.Hello().ICE.Servers }

// forPath converts servers to the type of the direct path.
func forPath(servers []ICEServer) (list []rtc.ICEServer) {
	for _, s := range servers {
		list = append(list, rtc.ICEServer(s))
	}
	return list
}

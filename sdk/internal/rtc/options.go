package rtc

import (
	"context"
	"errors"
	"strings"
)

// Options configures a Peer. Signal is required.
type Options struct {
	// Offer says that this peer makes the offers. Exactly one of the two does: the
	// client.
	Offer bool

	// ICEServers are the STUN and TURN servers to use. None by default.
	ICEServers []ICEServer

	// RelayICEServers, if set, returns servers to use in addition: one JSON array of
	// RTCIceServer, as a relay sends it, or nil for no change. It is called for each offer
	// and each answer, so that an ICE restart uses current servers. It must not block.
	// Servers that can never work are left out.
	RelayICEServers func() []byte

	// Signal sends a message to the other peer, which passes it to Handle. It is called by
	// one goroutine at a time. message is one JSON value and must not be changed.
	Signal func(ctx context.Context, typ string, message []byte) error

	// Base says that the other peer speaks the base protocol. It may know nothing of direct
	// paths, so its answer is not awaited for long.
	Base bool

	// Full, if set, hears that the Pool has no place, and reports whether it has told the
	// other peer.
	Full func() bool

	// Link, if set, hears of the channel of the link.
	Link LinkListener

	// Pool, if set, is what this Peer shares with others.
	Pool *Pool

	PlatformOptions
}

// ICEServer is a STUN or TURN server.
type ICEServer struct {
	// URLs look like stun:stun.example:3478, turn:turn.example:3478?transport=udp or
	// turns:turn.example.
	URLs []string

	// Username and Credential are required for TURN.
	Username, Credential string
}

// Check returns an error if a server can never work.
func (s ICEServer) Check() error {
	if len(s.URLs) == 0 {
		return errors.New("an ICE server has no URL")
	}
	for _, url := range s.URLs {
		scheme, host, _ := strings.Cut(url, ":")
		switch {
		case host == "" || strings.HasPrefix(host, "//") || strings.ContainsAny(host, " \t\r\n"):
			return errors.New("the ICE server " + url + " must look like stun:HOST:PORT or turn:HOST:PORT")
		case scheme == "stun" || scheme == "stuns":
		case scheme != "turn" && scheme != "turns":
			return errors.New("the ICE server " + url + " must begin with stun:, stuns:, turn: or turns:")
		case s.Username == "" || s.Credential == "":
			return errors.New("the TURN server " + url + " needs a Username and a Credential")
		}
	}
	return nil
}

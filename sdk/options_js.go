package sdk

import (
	"context"
	"syscall/js"

	"github.com/sebas642/intercessor/sdk/internal/rtc"
)

// Options configures Listen and Dial on this platform. nil is the same as the zero value.
type Options struct {
	// ICEServers are STUN and TURN servers that help peers on different networks to find a
	// direct path, in addition to those of the relay, if it has any. Without servers only
	// peers on one network or one machine find each other.
	ICEServers []ICEServer

	// OnlyOwnICEServers leaves out the servers of the relay. The relay's own TURN server
	// connects two peers only if both use it.
	OnlyOwnICEServers bool

	// HideOutcomes keeps from the relay how the search for a direct path has ended. Otherwise a
	// client tells its operator that, the types of the candidates, and how long it took; no
	// address.
	HideOutcomes bool

	// Paths says which paths messages may take.
	Paths Paths

	// Secret returns what this peer presents to a relay that does not let everyone in: a
	// passphrase, or a token that the application's backend has signed.
	//
	//	Passphrase("correct horse battery staple")
	//	func(ctx context.Context) (string, error) { return backend.Token(ctx) }
	//
	// It is called before each connection, also when a session resumes, so that an expiring
	// token can be renewed. ctx ends when the attempt takes too long. A nil Secret, or "",
	// presents nothing.
	Secret func(ctx context.Context) (string, error)

	// OnDataChannel, if set, is called with each RTCDataChannel that the other peer of any
	// Conn opens, within the browser's event. A handler attached in the callback misses no
	// message. The callback owns the channel and must not block. AcceptChannel then returns
	// no channel.
	OnDataChannel func(conn *Conn, channel js.Value)

	// WebSocket, if set, is a class to use in place of the global WebSocket.
	WebSocket js.Value

	// Identity, if set, stores this peer's identity, so that it has the same ID after the
	// page was reloaded. The identity is one short text. It is secret: anyone who has it can
	// take the peer's place. Load returns the text last passed to Save, or "". After Save has
	// returned, a crash must not bring back an older text. The page must hold the Web Lock
	// "intercessor:" followed by the ID while it uses the text, because a duplicated tab has
	// a copy of sessionStorage.
	Identity interface {
		Load() (string, error)
		Save(text string) error
	}
}

func (o *Options) heed(context.Context) {}

func (o *Options) forPlatform(c *Conn, direct *rtc.Options) {
	if o.OnDataChannel != nil {
		direct.OnDataChannel = func(channel js.Value) { o.OnDataChannel(c, channel) }
	}
}

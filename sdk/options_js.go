package sdk

import (
	"syscall/js"

	"github.com/sebas642/intercessor/sdk/internal/rtc"
)

// Options is what Listen and Dial can be told, on this platform. nil is the same as the zero
// value.
type Options struct {
	// ICEServers are the STUN and TURN servers that help peers on different networks to
	// find a direct path. nil by default: then they are those that the relay names, which
	// renews them before they expire, or none. A list that is not nil takes the place of
	// the relay's, also if it is empty. Where there are none, peers find each other on one
	// network, or on one machine.
	ICEServers []ICEServer

	// Secret is what this peer presents to a relay that does not let everybody in:
	//
	//	Passphrase("correct horse battery staple")
	//	func(ctx context.Context) (string, error) { return backend.Token(ctx) }
	//
	// It is asked for before each connection, also when a session resumes, so that a
	// token that expires can be renewed. Nil presents nothing.
	Secret Secret

	// OnDataChannel, if set, gets each RTCDataChannel that the other peer of any
	// Conn opens, in the browser's own event: a handler that is attached at once
	// misses no message. The channel belongs to the callback, which must not wait.
	// AcceptChannel then returns no channel.
	OnDataChannel func(conn *Conn, channel js.Value)

	// Identity, if set, keeps who this peer is, so that it has the same ID again after
	// the page was reloaded. The page must hold the Web Lock "intercessor:" followed by
	// the ID while it uses it, because a duplicated tab has a copy of sessionStorage.
	Identity Store
}

// Store keeps who a peer is over reloads of its page: one short text, which is a secret, for
// whoever has it can take the peer's place.
type Store interface {
	// Load returns what Save was given last, or "" if that never was.
	Load() (string, error)

	// Save keeps text. When it has returned, a crash must not bring back an older one.
	Save(text string) error
}

func (o *Options) forPlatform(c *Conn, direct *rtc.Options) {
	if o.OnDataChannel != nil {
		direct.OnDataChannel = func(channel js.Value) { o.OnDataChannel(c, channel) }
	}
}

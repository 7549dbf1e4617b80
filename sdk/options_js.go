package sdk

import (
	"context"
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

	// Paths says which paths messages may take.
	Paths Paths

	// Secret returns what this peer presents to a relay that does not let everyone in: a
	// passphrase, or a token that the application's backend has signed.
	//
	//	Passphrase("correct horse battery staple")
	//	func(ctx context.Context) (string, error) { return backend.Token(ctx) }
	//
	// It is called before each connection, also when a session resumes, so that a token
	// that expires can be renewed. ctx ends when the attempt has taken too long. A nil
	// Secret, or "", presents nothing.
	Secret func(ctx context.Context) (string, error)

	// OnDataChannel, if set, gets each RTCDataChannel that the other peer of any
	// Conn opens, in the browser's own event: a handler that is attached at once
	// misses no message. The channel belongs to the callback, which must not wait.
	// AcceptChannel then returns no channel.
	OnDataChannel func(conn *Conn, channel js.Value)

	// Identity, if set, keeps who this peer is, so that it has the same ID again after
	// the page was reloaded: one short text, which is a secret, because it is all that is
	// needed to take the peer's place. Load returns what Save was given last, or "". When
	// Save has returned, a crash must not bring back an older text. The page must hold the
	// Web Lock "intercessor:" followed by the ID while it uses the text, because a
	// duplicated tab has a copy of sessionStorage.
	Identity interface {
		Load() (string, error)
		Save(text string) error
	}
}

func (o *Options) forPlatform(c *Conn, direct *rtc.Options) {
	if o.OnDataChannel != nil {
		direct.OnDataChannel = func(channel js.Value) { o.OnDataChannel(c, channel) }
	}
}

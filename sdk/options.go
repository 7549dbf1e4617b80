package sdk

import (
	"github.com/sebas642/intercessor/sdk/rtc"
	"github.com/sebas642/intercessor/sdk/signaling"
)

// Options is what Listen and Dial can be told. nil is the same as the zero value.
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

	PlatformOptions
}

// Secret gives what a peer presents to the relay.
type Secret = signaling.Secret

// Passphrase is a Secret that stays the same.
func Passphrase(text string) Secret { return signaling.Passphrase(text) }

// ICEServer is a STUN or TURN server.
type ICEServer = rtc.ICEServer

// check returns a copy of the options, or an error if they can never work.
func (o *Options) check() (Options, error) {
	if o == nil {
		return Options{}, nil
	}
	for _, s := range o.ICEServers {
		if err := s.Check(); err != nil {
			return Options{}, invalid(err.Error())
		}
	}
	return *o, nil
}

package sdk

import (
	"context"

	"github.com/sebas642/intercessor/sdk/internal/rtc"
)

// Secret gives what a peer presents to a relay that does not let everybody in: a passphrase,
// or a token that the application's backend has signed. It is called before each connection,
// also before each attempt to resume, so that what expires can be renewed; ctx ends when the
// attempt has taken too long. "" presents nothing.
type Secret func(ctx context.Context) (string, error)

// Passphrase is a Secret that stays the same.
func Passphrase(text string) Secret {
	return func(context.Context) (string, error) { return text, nil }
}

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

package sdk

import (
	"github.com/sebas642/intercessor/sdk/rtc"
	"github.com/sebas642/intercessor/sdk/signaling"
)

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

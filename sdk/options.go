package sdk

import (
	"github.com/sebas642/intercessor/sdk/rtc"
)

// Options is what Listen and Dial can be told. nil is the same as the zero value.
type Options struct {
	// ICEServers are the STUN and TURN servers that help peers on different
	// networks to find a direct path. None by default: then peers find each other
	// on one network, or on one machine.
	ICEServers []ICEServer

	PlatformOptions
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

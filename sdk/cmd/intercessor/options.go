package main

import (
	"strings"

	"github.com/sebas642/intercessor/sdk"
)

// options returns the SDK's options for the relay at url, as the flags say.
func (inv *invocation) options(url string) (*sdk.Options, error) {
	options := &sdk.Options{IdentityFile: inv.identity, Paths: inv.paths}
	if inv.secret != "" {
		options.Secret = sdk.Passphrase(inv.secret)
	}
	if len(inv.ice) > 0 {
		options.ICEServers = []sdk.ICEServer{{URLs: inv.ice}}
	}
	if inv.fingerprint != nil {
		if !strings.HasPrefix(url, "wss:") {
			return nil, usageError{"--fingerprint is for a relay that speaks TLS", "name it with https:// or wss://"}
		}
		options.HTTPClient = inv.fingerprint.client()
	}
	return options, nil
}

// takesChannels reports whether data channels of the other side are answered, which shows it
// this side's addresses.
func (inv *invocation) takesChannels() bool { return inv.paths != sdk.PathsRelay }

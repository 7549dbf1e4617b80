package main

import "github.com/sebas642/intercessor/sdk"

// options gives the SDK's options that the flags ask for.
func (inv *invocation) options() *sdk.Options {
	options := &sdk.Options{PlatformOptions: sdk.PlatformOptions{IdentityFile: inv.identity}}
	if inv.secret != "" {
		options.Secret = sdk.Passphrase(inv.secret)
	}
	if len(inv.ice) > 0 {
		options.ICEServers = []sdk.ICEServer{{URLs: inv.ice}}
	}
	return options
}

package main

import "github.com/sebas642/intercessor/sdk"

// options gives the SDK's options that the flags ask for.
func (inv *invocation) options() *sdk.Options {
	if len(inv.ice) == 0 {
		return nil
	}
	return &sdk.Options{ICEServers: []sdk.ICEServer{{URLs: inv.ice}}}
}

package main

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/sebas642/intercessor/sdk"
)

// options returns the SDK's options for the relay at url, as the flags say.
func (inv *invocation) options(url string) (*sdk.Options, error) {
	options := &sdk.Options{IdentityFile: inv.identity, Paths: inv.paths}
	if inv.secret != "" {
		options.Secret = sdk.Passphrase(inv.secret)
	}
	var err error
	if options.ICEServers, err = inv.iceServers(); err != nil {
		return nil, err
	}
	if trust := inv.tlsConfig(); trust != nil {
		if !strings.HasPrefix(url, "wss:") {
			return nil, usageError{"--fingerprint and --ca are for a relay that speaks TLS", "name it with https:// or wss://"}
		}
		transport := http.DefaultTransport.(*http.Transport).Clone()
		transport.TLSClientConfig = trust
		options.HTTPClient = &http.Client{Transport: transport}
	}
	return options, nil
}

// iceServers returns the servers of --ice. A user stands before the host, as in turn:USER@HOST.
func (inv *invocation) iceServers() ([]sdk.ICEServer, error) {
	var servers []sdk.ICEServer
	secretUsed := false
	for _, url := range inv.ice {
		server := sdk.ICEServer{URLs: []string{url}}
		if scheme, rest, ok := strings.Cut(url, ":"); ok && strings.HasPrefix(scheme, "turn") {
			at := strings.LastIndex(rest, "@")
			if at < 1 {
				return nil, usageError{fmt.Sprintf("the TURN server %s needs a user", url), "write turn:USER@HOST:PORT, and name the file with the password with --ice-secret-file"}
			}
			if inv.iceSecret == "" {
				return nil, usageError{fmt.Sprintf("the TURN server %s needs a password", url), "write it into a file and name that with --ice-secret-file"}
			}
			server = sdk.ICEServer{URLs: []string{scheme + ":" + rest[at+1:]}, Username: rest[:at], Credential: inv.iceSecret}
			secretUsed = true
		}
		servers = append(servers, server)
	}
	if inv.iceSecret != "" && !secretUsed {
		return nil, usageError{"--ice-secret-file is for a TURN server", "name it with --ice turn:USER@HOST:PORT"}
	}
	return servers, nil
}

// takesChannels reports whether data channels of the other side are answered, which shows it
// this side's addresses.
func (inv *invocation) takesChannels() bool { return inv.paths != sdk.PathsRelay }

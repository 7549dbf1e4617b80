package config_test

import (
	"crypto/tls"
	"strings"
	"testing"

	"github.com/sebas642/intercessor/relayd/config"
	"github.com/stretchr/testify/require"
)

// TestTLSContradictions: certificates come from one place, and wholly.
func TestTLSContradictions(t *testing.T) {
	for args, says := range map[string]string{
		"--tls-cert-file c": "--tls-cert-file needs --tls-key-file beside it",
		"--tls-key-file k":  "--tls-key-file needs --tls-cert-file beside it",
		"--tls-cert-file c --tls-key-file k --tls-self-signed": "--tls-self-signed is for relays without",
		"--tls-self-signed --tls-acme-host a.example":          "--tls-acme-host is for relays without --tls-cert-file and --tls-self-signed",
		"--tls-plain-listen :80":                               "--tls-plain-listen has nowhere to redirect to",
		"--tls-acme-host *.example":                            "a wildcard",
		"--tls-acme-host a.example --tls-acme-host a.example":  "listed twice",
		"--tls-min-version 1.1":                                "1.2 or 1.3",
		"--proxy-trusted 0.0.0.0/0":                            "trusts everybody",
		"--proxy-trusted proxy.example":                        "no address of a proxy",
		"--proxy-protocol x-real-ip":                           "x-forwarded-for, forwarded or proxy-protocol",
	} {
		_, _, err := config.Load(strings.Fields(args), nil)
		require.ErrorContains(t, err, says, args)
	}
	for args, enabled := range map[string]bool{
		"":                                   false,
		"--proxy-trusted 10.0.0.0/8":         false,
		"--tls-cert-file c --tls-key-file k": true,
		"--tls-self-signed --tls-plain-listen :80":         true,
		"--tls-acme-host a.example --tls-plain-listen :80": true,
	} {
		c, _, err := config.Load(strings.Fields(args), nil)
		require.NoError(t, err, args)
		require.Equal(t, enabled, c.TLS.Enabled(), args)
		require.EqualValues(t, tls.VersionTLS12, c.TLS.Version())
	}
	c, _, err := config.Load([]string{"--tls-min-version=1.3", "--tls-self-signed"}, nil)
	require.NoError(t, err)
	require.EqualValues(t, tls.VersionTLS13, c.TLS.Version())
}

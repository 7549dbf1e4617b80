package doctor_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/doctor"
)

// TestAddresses: each way to write a relay's address, and what is none.
func TestAddresses(t *testing.T) {
	t.Parallel()
	ended, cancel := context.WithCancel(t.Context())
	cancel() // before the network is used
	for url, want := range map[string]string{
		"https://Relay.Test":             "https://relay.test",
		"wss://relay.test:443/server":    "https://relay.test",
		"ws://relay.test:80/":            "http://relay.test",
		"http://relay.test:8000/a/b/":    "http://relay.test:8000/a/b",
		"wss://[2001:db8::7]/a/server":   "https://[2001:db8::7]/a",
		"http://[2001:db8::7]:80/server": "http://[2001:db8::7]",
	} {
		report, err := doctor.Run(ended, doctor.Config{URL: url})
		require.ErrorIs(t, err, context.Canceled)
		require.Equal(t, want, report.URL)
	}
	for _, url := range []string{"", "relay.test", "ftp://relay.test", "https://", "https://ada:love@relay.test", "https://relay.test:x"} {
		_, err := doctor.Run(ended, doctor.Config{URL: url})
		require.Error(t, err, url)
	}
	for _, page := range []string{"app.test", "/page"} {
		_, err := doctor.Run(ended, doctor.Config{URL: "https://relay.test", Page: page})
		require.ErrorContains(t, err, "is not the address of a page")
	}
}

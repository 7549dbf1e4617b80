package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestWhatIsForwarded(t *testing.T) {
	for text, want := range map[string]forwarding{
		"80":                          {"127.0.0.1:80", "localhost:80"},
		"8080:80":                     {"127.0.0.1:8080", "localhost:80"},
		"0:80":                        {"127.0.0.1:0", "localhost:80"},
		"8080:localhost:80":           {"127.0.0.1:8080", "localhost:80"},
		"8080:DB.example:5432":        {"127.0.0.1:8080", "db.example:5432"},
		"0.0.0.0:8080:localhost:80":   {"0.0.0.0:8080", "localhost:80"},
		"[::1]:8080:[2001:DB8::1]:80": {"[::1]:8080", "[2001:db8::1]:80"},
	} {
		f, err := parseForwarding(text)
		assert.NoError(t, err, text)
		assert.Equal(t, want, f)
	}
	for _, text := range []string{"", ":", "a", "80:a", "a:80", "8080:localhost", "65536:80", "80:0", "1:2:3:4:5", "[::1:80", ":8080:a:80", "8080::80", "8080:a b:80", "ws://a:80"} {
		_, err := parseForwarding(text)
		assert.Error(t, err, text)
	}
}

func TestTheTargetsOfBothSidesHaveOneSpelling(t *testing.T) {
	for text, want := range map[string]target{"80": "localhost:80", "localhost:80": "localhost:80", "LOCALHOST:80": "localhost:80", "[::1]:80": "[::1]:80"} {
		got, err := parseTarget(text)
		assert.NoError(t, err)
		assert.Equal(t, want, got)
	}
}

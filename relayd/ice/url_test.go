package ice_test

import (
	"strings"
	"testing"

	"github.com/sebas642/intercessor/relayd/ice"
	"github.com/stretchr/testify/require"
)

func TestURLsOfRFC7064And7065(t *testing.T) {
	for _, right := range []string{ // the appendices' examples first
		"stun:example.org", "stuns:example.org", "stun:example.org:8000",
		"turn:example.org", "turns:example.org", "turn:example.org:8000", "turn:example.org?transport=udp",
		"turn:example.org?transport=tcp", "turns:example.org?transport=tcp",
		"stun:192.0.2.1", "stun:192.0.2.1:1", "turn:[2001:db8::1]", "turn:[2001:db8::1]:65535?transport=udp", "stun:[::ffff:192.0.2.1]",
		"stun:a", "stun:a_b.example.", "stun:1a.example", "stun:xn--bcher-kva.example", "stun:" + strings.Repeat("x", 63),
	} {
		require.NoError(t, ice.CheckURL(right))
	}
	for wrong, why := range map[string]string{
		"":                                  "must begin with stun:, stuns:, turn: or turns:",
		"example.org":                       "must begin with",
		"http://example.org":                "must begin with",
		"STUN:example.org":                  "must begin with",
		" stun:example.org":                 "must begin with",
		"stun":                              "no valid host",
		"stun:":                             "no valid host",
		"stun::3478":                        "no valid host",
		"turn://example.org":                "has slashes: the host follows the colon, as in turn:turn.example:3478",
		"stun:example.org?transport=udp":    "STUN does not allow",
		"stun:example.org?":                 "STUN does not allow",
		"turn:example.org?":                 "may only end with",
		"turn:example.org?transport=UDP":    "may only end with",
		"turn:example.org?transport=sctp":   "may only end with",
		"turn:example.org?transport=udp&":   "may only end with",
		"turn:ada:lovelace@example.org":     "in a separate file",
		"turn:example.org:":                 `the port ""`,
		"turn:example.org:0":                `the port "0" after example.org: it must be from 1 to 65535`,
		"turn:example.org:65536":            `the port "65536"`,
		"turn:example.org:+1":               `the port "+1"`,
		"turn:example.org:3478/":            `the port "3478/"`,
		"turn:[2001:db8::1]:":               `the port ""`,
		"turn:example.org/path":             "no valid host",
		"turn:example.org#x":                "no valid host",
		"turn:exa mple.org":                 "no valid host",
		"turn:bücher.example":               "no valid host",
		"turn:a..b":                         "no valid host",
		"turn:-a":                           "no valid host",
		"turn:.":                            "no valid host",
		"turn:2001:db8::1":                  "no valid host",
		"turn:[2001:db8::1":                 "no valid host",
		"turn:[2001:db8::1]3478":            "no valid host",
		"turn:[fe80::1%25eth0]":             "no valid host",
		"turn:[192.0.2.1]":                  "no valid host",
		"turn:[]":                           "no valid host",
		"turn:256.0.0.1":                    "no valid host",
		"turn:192.0.2":                      "no valid host",
		"turn:" + strings.Repeat("x", 64):   "no valid host",
		"turn:" + strings.Repeat("x.", 127): "no valid host",
		"turn:a\x00":                        "no valid host",
	} {
		require.ErrorContains(t, ice.CheckURL(wrong), why, wrong)
	}
	require.NotContains(t, ice.CheckURL("turn:ada:lovelace@example.org").Error(), "lovelace")
}

func FuzzCheckURL(f *testing.F) {
	for _, seed := range []string{"stun:example.org", "turn:[2001:db8::1]:65535?transport=udp", "turn:ada@x", "turn:192.0.2.1:3478"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, url string) {
		if ice.CheckURL(url) == nil {
			require.Regexp(t, `^(stun|turn)s?:([A-Za-z0-9._-]+|\[[0-9a-fA-F:.]+\])(:[0-9]+)?(\?transport=(udp|tcp))?$`, url)
		}
	})
}

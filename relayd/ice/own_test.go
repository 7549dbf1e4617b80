package ice_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/ice"
	"github.com/stretchr/testify/require"
)

// own is a TURN server of the relay's own, whose credentials show what they were made of.
func own(o ice.Own) *ice.Own {
	o.Credential = func(room, peer protocol.ID, until time.Time) (string, string) {
		return string(room) + ":" + string(peer), until.UTC().Format(time.TimeOnly)
	}
	if o.Secure == nil {
		o.Secure = func(host string) bool { return host == "relay.example" || host == "2001:db8::7" }
	}
	return &o
}

func TestURLsOfTheRelaysOwnServer(t *testing.T) {
	const udp, tcp = "?transport=udp", "?transport=tcp"
	for name, c := range map[string]struct {
		own  ice.Own
		host string
		want []string
	}{
		"by the Host header":           {ice.Own{}, "relay.example:8000", []string{"turn:relay.example:8000" + udp, "turn:relay.example:8000" + tcp}},
		"by an address":                {ice.Own{}, "192.0.2.7:8000", []string{"turn:192.0.2.7:8000" + udp, "turn:192.0.2.7:8000" + tcp}},
		"by an IPv6 address":           {ice.Own{}, "[2001:DB8::7]:8000", []string{"turn:[2001:db8::7]:8000" + udp, "turn:[2001:db8::7]:8000" + tcp}},
		"port 80":                      {ice.Own{}, "Relay.Example", []string{"turn:relay.example:80" + udp, "turn:relay.example:80" + tcp}},
		"with TLS, port 443":           {ice.Own{TLS: true}, "relay.example", []string{"turn:relay.example:443" + udp, "turns:relay.example:443" + tcp}},
		"with TLS, an IPv6 address":    {ice.Own{TLS: true}, "[2001:db8::7]", []string{"turn:[2001:db8::7]:443" + udp, "turns:[2001:db8::7]:443" + tcp}},
		"no name of the certificate":   {ice.Own{TLS: true}, "other.example:8443", []string{"turn:other.example:8443" + udp}},
		"published elsewhere":          {ice.Own{UDPPort: 3478, TCPPort: 5349, TLS: true}, "relay.example", []string{"turn:relay.example:3478" + udp, "turns:relay.example:5349" + tcp}},
		"a host of the list":           {ice.Own{Hosts: []string{"a.example", "b.example"}}, "b.example:8000", []string{"turn:b.example:8000" + udp, "turn:b.example:8000" + tcp}},
		"another host":                 {ice.Own{Hosts: []string{"a.example", "b.example"}}, "c.example:8000", []string{"turn:a.example:8000" + udp, "turn:a.example:8000" + tcp}},
		"a list, and no name of it":    {ice.Own{Hosts: []string{"a.example"}, TLS: true}, "relay.example", []string{"turn:a.example:443" + udp}},
		"a list, and no usable header": {ice.Own{Hosts: []string{"a.example"}}, "", []string{"turn:a.example:80" + udp, "turn:a.example:80" + tcp}},
		"no usable header":             {ice.Own{}, "", nil},
	} {
		s, err := ice.New(ice.Config{Own: own(c.own), Life: time.Minute})
		require.NoError(t, err, name)
		told := s.For(ice.Peer{Room: "r", ID: "p", Host: ice.ParseHost(c.host)}, now)
		if c.want == nil {
			require.Equal(t, protocol.ICE{}, told, name)
			continue
		}
		var servers []rtcIceServer
		require.NoError(t, json.Unmarshal(told.Servers, &servers), name)
		require.Equal(t, []rtcIceServer{{URLs: c.want, Username: "r:p", Credential: now.Add(time.Minute).UTC().Format(time.TimeOnly)}}, servers, name)
		require.Equal(t, 60, told.ExpiresIn)
		for _, url := range c.want {
			require.NoError(t, ice.CheckURL(url), name)
		}
	}
}

func TestHostsThatAreInNoURL(t *testing.T) {
	for _, header := range []string{
		"", ":80", "a:b", "a:0", "a:65536", "a b", "a/b", "a?b", "a@b", "a\"b", "[::1", "::1", "[::1]x", "a..b", "é", strings.Repeat("x.", 130) + "x",
	} {
		require.Empty(t, ice.ParseHost(header), "%q", header)
		require.ErrorContains(t, ice.CheckHost(header), "is not a host: write a name or an address", "%q", header)
	}
	require.ErrorContains(t, ice.CheckHost("a.example:80"), "without a port")
	for _, host := range []string{"a.example", "192.0.2.7", "[2001:db8::7]", "localhost"} {
		require.NoError(t, ice.CheckHost(host))
	}
}

// TestOwnServerIsTheFirst: the operator's follow, each kind with a credential of its own.
func TestOwnServerIsTheFirst(t *testing.T) {
	c := shared("turn:turn.example", "stun:stun.example")
	c.Own = own(ice.Own{})
	var all []rtcIceServer
	told := servers(t, c).For(ice.Peer{Room: "r", ID: "p", Host: "relay.example"}, now)
	require.NoError(t, json.Unmarshal(told.Servers, &all))
	require.Len(t, all, 3)
	require.Equal(t, "turn:relay.example:80?transport=udp", all[0].URLs[0])
	require.Equal(t, "r:p", all[0].Username)
	require.Equal(t, []string{"stun:stun.example"}, all[1].URLs)
	require.True(t, accepts(all[2].Username, all[2].Credential, now, secret))
}

// TestWhatIsToldWithAnOwnServerHasABound, whatever host a peer names: one byte more of a URL at
// each turn, up to what does not fit any more.
func TestWhatIsToldWithAnOwnServerHasABound(t *testing.T) {
	longest := 0
	host := ice.ParseHost(strings.Repeat(strings.Repeat("h", 62)+".", 3) + strings.Repeat("h", 63) + ":65535")
	require.NotEmpty(t, host)
	id := protocol.ID(strings.Repeat("x", protocol.MaxID))
	for n := 1; ; n++ {
		c := ice.Config{Own: own(ice.Own{TLS: true, Secure: func(string) bool { return true }}), Life: time.Minute}
		c.URLs = slices.Repeat([]string{"stun:" + strings.Repeat("x", 60) + "." + strings.Repeat("y", 47)}, 60)
		for range n {
			c.URLs = append(c.URLs, "stun:z")
		}
		s, err := ice.New(c)
		if err != nil {
			require.ErrorContains(t, err, "and may have at most 8192")
			break
		}
		longest = len(protocol.AppendICE(nil, s.For(ice.Peer{Room: id, ID: id, Host: host}, time.Unix(1<<40, 0))))
	}
	require.LessOrEqual(t, longest, protocol.MaxICE)
	require.Greater(t, longest, protocol.MaxICE-20)
}

package main_test

import (
	"testing"

	"github.com/sebas642/intercessor/protocol"
	"github.com/stretchr/testify/require"
)

// hello gives what HELLO says to a peer that enters now.
func (d *daemon) hello(subprotocols ...string) protocol.Hello {
	d.t.Helper()
	h, err := protocol.ParseHello(d.dial(subprotocols...).wants(protocol.TypeHello))
	require.NoError(d.t, err)
	return h
}

func TestICEServersOfTheConfiguration(t *testing.T) {
	t.Parallel()
	file := written(t, "turn.secret", "0123456789abcdef\n")
	d := start(t, nil, "--ice-url", "stun:stun.example", "--ice-url", "turn:turn.example", "--ice-secret-file", file, "--ice-life", "2m")
	h := d.hello(protocol.SubprotocolV1)
	require.Equal(t, 120, h.ICE.ExpiresIn)
	require.Regexp(t, `^\[\{"urls":\["stun:stun\.example"\]\},\{"urls":\["turn:turn\.example"\],"username":"[0-9]+:`+string(h.ID)+`","credential":"[A-Za-z0-9+/]{27}="\}\]$`, string(h.ICE.Servers))
	require.NotContains(t, d.log(), "0123456789abcdef")

	none := start(t, nil)
	require.Equal(t, protocol.ICE{}, none.hello(protocol.SubprotocolV1).ICE)
}

func TestOneCredentialForAllPeers(t *testing.T) {
	t.Parallel()
	file := written(t, "turn.credential", "ada:lovelace\n")
	d := start(t, nil, "--ice-url", "turn:turn.example", "--ice-credential-file", file)
	require.Equal(t, protocol.ICE{Servers: []byte(`[{"urls":["turn:turn.example"],"username":"ada","credential":"lovelace"}]`)}, d.hello(protocol.SubprotocolV1).ICE)
}

func TestICESettingsThatCannotWork(t *testing.T) {
	t.Parallel()
	secret := written(t, "turn.secret", "0123456789abcdef\n")
	short := written(t, "short.secret", "0123456789abcde\n")
	for _, c := range []struct {
		why  string
		code int
		args []string
	}{
		{`"turn://turn.example" has slashes`, 2, []string{"--ice-url", "turn://turn.example", "--ice-secret-file", secret}},
		{`--ice-url has a TURN server, which needs secret_file or credential_file`, 2, []string{"--ice-url", "turn:turn.example"}},
		{`--ice-credential-file cannot be set together with secret_file`, 2, []string{"--ice-url", "turn:turn.example", "--ice-secret-file", secret, "--ice-credential-file", secret}},
		{`--ice-secret-file is for TURN servers, and urls has none`, 2, []string{"--ice-url", "stun:stun.example", "--ice-secret-file", secret}},
		{`--ice-credential-file is for TURN servers, and urls has none`, 2, []string{"--ice-credential-file", secret}},
		{`--ice-life is "59s"`, 2, []string{"--ice-life", "59s"}},
		{`must have at least 16 characters`, 1, []string{"--ice-url", "turn:turn.example", "--ice-secret-file", short}},
		{`one line: USERNAME:CREDENTIAL`, 1, []string{"--ice-url", "turn:turn.example", "--ice-credential-file", secret}},
		{`--server-info must be one JSON value`, 2, []string{"--server-info", "{"}},
	} {
		said := fails(t, c.code, nil, c.args...)
		require.Contains(t, said, c.why)
		require.NotContains(t, said, "0123456789abcde")
		code, _, said := check(t, nil, c.args...)
		require.NotZero(t, code)
		require.Contains(t, said, c.why)
	}
}

package rtc

import (
	"context"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCheckDescription(t *testing.T) {
	lines, err := checkDescription("OFFER", []byte(`{"sdp":"v=0\r\na=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\na=x\r\n","type":"\u006fffer","new":1}`))
	require.NoError(t, err)
	require.Equal(t, []string{"candidate:1 1 udp 1 192.0.2.1 9 typ host"}, lines)

	for _, message := range []string{
		``, `null`, `[]`, `{}`, `{"type":"offer"}`, `{"sdp":"v=0"}`, `{"type":"OFFER","sdp":"v=0"}`,
		`{"type":"answer","sdp":"v=0"}`, `{"type":1,"sdp":"v=0"}`, `{"type":"offer","sdp":null}`,
		`{"type":"offer","sdp":"a","sdp":"b"}`, `{"type":"offer","sdp":"v=0"} ` + "x",
	} {
		_, err := checkDescription("OFFER", []byte(message))
		require.Error(t, err, message)
	}
}

func TestCandidateLine(t *testing.T) {
	for message, want := range map[string]string{
		`{"candidate":"candidate:1 1 udp 1 192.0.2.1 9 typ host","sdpMid":"0"}`: "candidate:1 1 udp 1 192.0.2.1 9 typ host",
		`{"candidate":""}`: "",
		`{}`:               "",
		`null`:             "",
	} {
		line, err := candidateLine([]byte(message))
		require.NoError(t, err)
		require.Equal(t, want, line)
	}
	for _, message := range []string{`5`, `{"candidate":5}`, `{"candidate":"a","candidate":"b"}`, `{`} {
		_, err := candidateLine([]byte(message))
		require.Error(t, err, message)
	}
}

func TestNotedCandidatesAreBounded(t *testing.T) {
	var c candidates
	for i := range 2 * maxNoted {
		c.remote = keep(c.remote, strconv.Itoa(i), "the same")
	}
	require.Len(t, c.remote, maxNoted)
	failure := c.failure(CauseNoPath, nil)
	c.remote[0] = "changed"
	require.Equal(t, "0", failure.Remote[0], "an error keeps what was tried when it was made")
}

func TestICEErrorSaysWhatIsWrong(t *testing.T) {
	host, relay := "candidate:1 1 udp 1 192.0.2.1 9 typ host", "candidate:1 1 udp 1 192.0.2.1 9 typ relay raddr 0.0.0.0 rport 0"
	refused := ServerError{"turn:turn.example", 401, "Unauthorized"}
	silent := ServerError{"turn:turn.example?transport=tcp", 701, "no answer"}
	stun := ServerError{"stun:stun.example", 701, "no answer"}
	for name, c := range map[string]struct {
		candidates
		cause ICECause
		want  string
	}{
		"no answer": {candidates{local: []string{host}}, CauseNoAnswer,
			"it does not answer; is it still there, and does it take part in WebRTC? (tried: 1 host here, nothing there)"},
		"no path": {candidates{local: []string{host, relay}, remote: []string{host}, unused: 2, servers: []ServerError{stun}}, CauseNoPath,
			"no address of one peer reaches one of the other; between some networks only a TURN server helps (tried: 1 host, 1 relay here, 1 host there, 2 unused)"},
		"a wrong secret": {candidates{local: []string{host}, remote: []string{host}, servers: []ServerError{stun, silent, refused}}, CauseNoPath,
			"the TURN server refuses the credential: turn:turn.example: 401 Unauthorized (tried: 1 host here, 1 host there)"},
		"a server that is down": {candidates{local: []string{host}, remote: []string{host}, servers: []ServerError{stun, silent}}, CauseNoPath,
			"the TURN server cannot be reached: turn:turn.example?transport=tcp: 701 no answer (tried: 1 host here, 1 host there)"},
		"one of two servers": {candidates{local: []string{host, relay}, remote: []string{host}, servers: []ServerError{refused}}, CauseNoPath,
			"no address of one peer reaches one of the other; between some networks only a TURN server helps (tried: 1 host, 1 relay here, 1 host there)"},
		"the other's secret": {candidates{local: []string{host, relay}, remote: []string{host}, there: CauseTURNRefused}, CauseNoPath,
			"the other peer says: the TURN server refuses the credential (tried: 1 host, 1 relay here, 1 host there)"},
		"a handshake": {candidates{local: []string{host}, remote: []string{host}, servers: []ServerError{refused}}, CauseHandshake,
			"the other peer's certificate is not the one that its messages name, so something on the way changes messages (tried: 1 host here, 1 host there)"},
	} {
		require.EqualError(t, c.failure(c.cause, nil), "no direct path to the other peer: "+c.want, name)
	}
	require.EqualError(t, (&candidates{}).failure(CauseNoAnswer, context.Canceled),
		"no direct path to the other peer: it does not answer; is it still there, and does it take part in WebRTC? (tried: nothing here, nothing there): context canceled")
}

func TestICEServersAreChecked(t *testing.T) {
	for _, good := range []ICEServer{
		{URLs: []string{"stun:stun.example", "stuns:192.0.2.1:5349"}},
		{URLs: []string{"turn:turn.example:3478?transport=udp"}, Username: "ada", Credential: "secret"},
	} {
		require.NoError(t, good.Check())
	}
	for _, bad := range []ICEServer{
		{}, {URLs: []string{""}}, {URLs: []string{"stun.example"}}, {URLs: []string{"stun:"}},
		{URLs: []string{"http://stun.example"}}, {URLs: []string{"stun://stun.example"}},
		{URLs: []string{"turn:turn.example"}}, {URLs: []string{"turn:turn.example"}, Username: "ada"},
		{URLs: []string{"stun:a b"}},
	} {
		require.Error(t, bad.Check(), bad)
	}
}

package rtc

import (
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
	failure := c.failure(errNoPath)
	c.remote[0] = "changed"
	require.Equal(t, "0", failure.Remote[0], "an error keeps what was tried when it was made")
}

func TestICEErrorSaysWhatToDo(t *testing.T) {
	require.EqualError(t, candidates{local: []string{"a"}}.failure(errNoAnswer),
		"no direct path to the other peer: it did not answer within 30s; it sent no candidate: is it still there, and is it a peer that takes part in WebRTC?")
	require.EqualError(t, candidates{local: []string{"a"}, remote: []string{"b", "c"}}.failure(errNoPath),
		"no direct path to the other peer: none of the candidates of one side reached one of the other; 1 local and 2 remote candidates were tried; if the peers are on different networks, configure a TURN server in Options.ICEServers")
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

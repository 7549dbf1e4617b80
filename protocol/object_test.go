package protocol_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/protocol"
)

func TestScanObject(t *testing.T) {
	names := []string{"sdp", "type", "absent"}
	values := make([][]byte, 3)
	values[2] = []byte("left from before")
	err := protocol.ScanObject([]byte(` {"type" : "offer", "x":1, "x":2, "SDP":3, "ſdp":4, "\u0073dp": "v=0" } `), names, values)
	require.NoError(t, err)
	require.Equal(t, `"v=0"`, string(values[0]))
	require.Equal(t, `"offer"`, string(values[1]))
	require.Nil(t, values[2])

	for text, code := range map[string]protocol.Code{
		`{"sdp":1,"sdp":1}`: protocol.CodeRepeatedField,
		`{"sdp":1`:          protocol.CodeMalformed,
		`{"sdp":1} {}`:      protocol.CodeMalformed,
		`{} null`:           protocol.CodeMalformed,
		"\ufeff{}":          protocol.CodeMalformed,
		``:                  protocol.CodeMalformed,
		`["sdp"]`:           protocol.CodeMalformed,
		`null`:              protocol.CodeMalformed,
		"{\"\xff\":1}":      protocol.CodeInvalidText,
	} {
		requireCode(t, code, protocol.ScanObject([]byte(text), names, values), text)
	}
}

func TestValidCountsLevelsFromTheValue(t *testing.T) {
	for _, brackets := range []string{"[]", "{}"} {
		open, shut := brackets[:1], brackets[1:]
		if open == "{" {
			open = `{"a":`
		}
		nested := func(n int) []byte {
			return []byte(strings.Repeat(open, n-1) + brackets + strings.Repeat(shut, n-1))
		}
		require.NoError(t, protocol.Valid(nested(protocol.MaxDepth-1)))
		require.NoError(t, protocol.Valid(nested(protocol.MaxDepth)))
		requireCode(t, protocol.CodeInvalidText, protocol.Valid(nested(protocol.MaxDepth+1)), "one level too many")
	}
	require.NoError(t, protocol.Valid([]byte(" 1 ")), "white space around the value is allowed")
}

func TestCheckType(t *testing.T) {
	require.NoError(t, protocol.CheckType("chat"))
	require.NoError(t, protocol.CheckType(protocol.TypeOffer), "the relay has no claim on it")
	require.NoError(t, protocol.CheckType(strings.Repeat("x", protocol.MaxType)))
	for typ, code := range map[string]protocol.Code{
		"": protocol.CodeInvalidField, "a b": protocol.CodeInvalidField, "é": protocol.CodeInvalidField, "\x7f": protocol.CodeInvalidField,
		strings.Repeat("x", protocol.MaxType+1): protocol.CodeInvalidField,
		"HELLO":                                 protocol.CodeReservedType, "PEER_X": protocol.CodeReservedType,
		"RELAY_": protocol.CodeReservedType, "LINK_": protocol.CodeReservedType,
	} {
		requireCode(t, code, protocol.CheckType(typ), typ)
	}
}

func TestValidID(t *testing.T) {
	for _, id := range []string{"0", "-", "a", "z9", strings.Repeat("a", protocol.MaxID)} {
		require.True(t, protocol.ValidID(id), id)
	}
	for _, id := range []string{"", "A", "a_b", "a b", "a.b", "é", "`", "{", "/", ":", strings.Repeat("a", protocol.MaxID+1)} {
		require.False(t, protocol.ValidID(id), id)
	}
}

func TestUnquoteTakesOneStringOnly(t *testing.T) {
	for raw, code := range map[string]protocol.Code{
		``: protocol.CodeInvalidField, `1`: protocol.CodeInvalidField, ` "a"`: protocol.CodeInvalidField, `null`: protocol.CodeInvalidField,
		`"a" `: protocol.CodeMalformed, `"a`: protocol.CodeMalformed, `"\x"`: protocol.CodeMalformed, "\"a\"\xff": protocol.CodeInvalidText,
	} {
		_, err := protocol.Unquote([]byte(raw))
		requireCode(t, code, err, raw)
	}
}

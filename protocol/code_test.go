package protocol_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/protocol"
)

func TestRetryFollowsFromTheNumber(t *testing.T) {
	retry := [][2]protocol.Code{{1000, 1001}, {1006, 1006}, {1011, 1014}, {4000, 4499}} // B42
	for code := range protocol.Code(5001) {
		want := false
		for _, r := range retry {
			want = want || r[0] <= code && code <= r[1]
		}
		require.Equal(t, want, code.Retry(), "code %d", code)
	}
	require.False(t, protocol.Code(65535).Retry())
}

func TestCodeString(t *testing.T) {
	require.Equal(t, "no such server", protocol.CodeNoSuchServer.String())
	require.Equal(t, "4999", protocol.Code(4999).String(), "a code that this version does not know")
}

func TestErrorIsASentenceWithANumber(t *testing.T) {
	_, err := protocol.ParseEnvelope([]byte(`{"type":"chat","message":1}`))
	require.EqualError(t, err, `field "to" is missing (4512)`)
	_, err = protocol.ParseEnvelope([]byte(`{"to":1 2}`))
	require.EqualError(t, err, `the text is not the JSON that is expected here, at byte 8 (4510)`)
}

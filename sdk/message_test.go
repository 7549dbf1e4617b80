package sdk

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWhatMayBeSent(t *testing.T) {
	for _, good := range []Message{
		{Type: "chat", Data: []byte(` {"text": "a"} `)}, {Type: "x"}, {Type: "HELLO!", Data: []byte(`null`)}, {Type: "bye"},
	} {
		_, err := good.check()
		require.NoError(t, err, good)
	}
	for _, bad := range []Message{
		{}, {Type: "a b"}, {Type: "ünicode"}, {Type: "HELLO"}, {Type: "PEER_JOINED"}, {Type: "RELAY_X"}, {Type: "LINK_ACK"},
		{Type: "OFFER"}, {Type: "ANSWER"}, {Type: "CANDIDATE"}, {Type: "NEGOTIATE"}, {Type: "BYE"},
		{Type: "chat", Data: []byte(`{`)}, {Type: "chat", Data: []byte(`hello`)}, {Type: "chat", Data: []byte(`1 2`)},
		{Type: "chat", Data: []byte("\"\xff\"")},
	} {
		_, err := bad.check()
		require.ErrorIs(t, err, ErrInvalid, bad)
	}
	data, err := Message{Type: "x"}.check()
	require.NoError(t, err)
	require.Equal(t, "null", string(data))
}

package sdk

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestBytesInAMessage(t *testing.T) {
	for _, b := range [][]byte{{}, {0}, {255, 254}, []byte("text"), bytes.Repeat([]byte{0xFB}, 48_000)} {
		m := Bytes("blob", b)
		data, err := m.check()
		require.NoError(t, err)
		got, err := Message{Type: "blob", Data: data}.Bytes()
		require.NoError(t, err)
		require.True(t, bytes.Equal(b, got))
	}
	require.Equal(t, Message{Type: "blob", Data: []byte(`"+/8="`)}, Bytes("blob", []byte{0xFB, 0xFF}))
	got, err := Message{Data: []byte(`"+\/8="`)}.Bytes()
	require.NoError(t, err, "other encoders escape the slash")
	require.Equal(t, []byte{0xFB, 0xFF}, got)
}

func TestMessagesWithoutBytes(t *testing.T) {
	for _, data := range []string{``, `null`, `5`, `{}`, `"A"`, `"A==="`, `"A B="`, `"-_8="`, `"QR=="`} {
		_, err := Message{Data: []byte(data)}.Bytes()
		require.ErrorIs(t, err, ErrInvalid, data)
	}
}

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

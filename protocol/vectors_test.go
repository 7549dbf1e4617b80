package protocol_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/protocol/vectors"
)

// vector is one entry of envelopes.json or relay.json; vectors/README.md says
// what its fields mean.
type vector struct {
	Name, Rule, Why string

	Frame  *string
	Base64 []byte
	Repeat *repeat

	Expect struct {
		Code       protocol.Code
		To, From   string
		Type       string
		Message    rawText
		ID         string
		Room       string
		ServerInfo string
	}
}

type repeat struct {
	Prefix, Unit string
	Count        int
	Suffix       string
}

func (r repeat) text() string { return r.Prefix + strings.Repeat(r.Unit, r.Count) + r.Suffix }

// rawText is written as a string or as a repeat.
type rawText string

func (t *rawText) UnmarshalJSON(b []byte) error {
	if b[0] == '"' {
		return json.Unmarshal(b, (*string)(t))
	}
	var r repeat
	err := json.Unmarshal(b, &r)
	*t = rawText(r.text())
	return err
}

func (v vector) frame() []byte {
	switch {
	case v.Frame != nil:
		return []byte(*v.Frame)
	case v.Repeat != nil:
		return []byte(v.Repeat.text())
	}
	return v.Base64
}

func load[T any](t testing.TB, data string) (list []T) {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(data))
	decoder.DisallowUnknownFields()
	require.NoError(t, decoder.Decode(&list))
	require.NotEmpty(t, list)
	return list
}

func TestEnvelopeVectors(t *testing.T) {
	for _, v := range load[vector](t, vectors.Envelopes) {
		t.Run(v.Name, func(t *testing.T) {
			frame := v.frame()
			if v.Expect.Code == protocol.CodeTooBig {
				require.Greater(t, len(frame), protocol.MaxMessage, v.Why)
				return
			}
			require.LessOrEqual(t, len(frame), protocol.MaxMessage, v.Why)

			e, err := protocol.ParseEnvelope(frame)
			if v.Expect.Code != 0 {
				requireCode(t, v.Expect.Code, err, v.Why)
				require.Equal(t, protocol.Envelope{}, e, "nothing of a wrong frame may be used")
				return
			}
			require.NoError(t, err, v.Why)
			require.Equal(t, v.Expect.To, string(e.To), v.Why)
			require.Equal(t, v.Expect.From, string(e.From), v.Why)
			require.Equal(t, v.Expect.From == "", e.From == nil, v.Why)
			require.Equal(t, v.Expect.Type, string(e.Type), v.Why)
			require.Equal(t, string(v.Expect.Message), string(e.Message), v.Why)
			require.NoError(t, protocol.Valid(frame), "what is an envelope is a JSON value")
		})
	}
}

func TestRelayVectors(t *testing.T) {
	for _, v := range load[vector](t, vectors.Relay) {
		t.Run(v.Name, func(t *testing.T) {
			frame := v.frame()
			if v.Expect.Code == protocol.CodeTooBig {
				require.Greater(t, len(frame), protocol.MaxDelivery, v.Why)
				return
			}
			require.LessOrEqual(t, len(frame), protocol.MaxDelivery, v.Why)

			d, hello, err := readDelivery(frame)
			if v.Expect.Code != 0 {
				requireCode(t, v.Expect.Code, err, v.Why)
				return
			}
			require.NoError(t, err, v.Why)
			require.Equal(t, v.Expect.From, string(d.From), v.Why)
			require.Equal(t, v.Expect.Type, string(d.Type), v.Why)
			require.Equal(t, string(v.Expect.Message), string(d.Message), v.Why)
			require.Equal(t, v.Expect.ID, string(hello.ID), v.Why)
			require.Equal(t, v.Expect.Room, string(hello.Room), v.Why)
			require.Equal(t, v.Expect.ServerInfo, string(hello.ServerInfo), v.Why)
		})
	}
}

// readDelivery reads a frame of the relay as a peer does: first the envelope, then, if
// it is the relay's own (B13), what it says. The Hello of PEER_* has only an ID.
func readDelivery(frame []byte) (d protocol.Delivery, hello protocol.Hello, err error) {
	d, err = protocol.ParseDelivery(frame)
	if err != nil || string(d.From) != string(protocol.RelayID) {
		return d, hello, err
	}
	switch string(d.Type) {
	case protocol.TypeHello:
		hello, err = protocol.ParseHello(d.Message)
	case protocol.TypePeerJoined, protocol.TypePeerGone:
		hello.ID, err = protocol.ParsePeer(d.Message)
	}
	return d, hello, err
}

func TestVectorNamesAreUnique(t *testing.T) {
	for _, data := range []string{vectors.Envelopes, vectors.Relay, vectors.V1Envelopes, vectors.V1Relay} {
		names := map[string]bool{}
		for _, v := range load[vectorV1](t, data) {
			require.False(t, names[v.Name], "two vectors are called %q", v.Name)
			names[v.Name] = true
			require.NotEmpty(t, v.Why, v.Name)
		}
	}
}

// requireCode fails unless err is an *Error with this code and a reason that fits
// into a close frame (B27).
func requireCode(t testing.TB, code protocol.Code, err error, why string) {
	t.Helper()
	var e *protocol.Error
	require.True(t, errors.As(err, &e), "%s: want code %d, got %v", why, code, err)
	require.Equal(t, int(code), int(e.Code), "%s: %s", why, e.Reason)
	require.NotEmpty(t, e.Reason)
	require.LessOrEqual(t, len(e.Reason), protocol.MaxReason, e.Reason)
}

func TestVectorBase64IsNotText(t *testing.T) {
	for _, v := range load[vector](t, vectors.Envelopes) {
		if v.Base64 != nil {
			require.NotEqual(t, strings.ToValidUTF8(string(v.Base64), ""), string(v.Base64),
				"%s: write %s as a frame", v.Name, base64.StdEncoding.EncodeToString(v.Base64))
		}
	}
}

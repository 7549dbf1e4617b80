package protocol_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/protocol/vectors"
)

func seed(f *testing.F) {
	for _, data := range []string{vectors.Envelopes, vectors.Relay} {
		for _, v := range load[vector](f, data) {
			if frame := v.frame(); len(frame) < 1000 { // longer ones only slow the fuzzer down
				f.Add(frame)
			}
		}
	}
}

func FuzzParseEnvelope(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, frame []byte) {
		want, code := wantEnvelope(frame)
		e, err := protocol.ParseEnvelope(frame)
		if code != 0 {
			requireCode(t, code, err, string(frame))
			return
		}
		require.NoError(t, err)
		got := map[string]string{"to": string(e.To), "type": string(e.Type), "message": string(e.Message)}
		if e.From != nil {
			got["from"] = string(e.From)
		}
		require.Equal(t, want, got)

		again, err := protocol.ParseEnvelope(protocol.AppendEnvelope(nil, protocol.ID(e.To), string(e.Type), e.Message))
		require.NoError(t, err)
		again.From = e.From
		require.Equal(t, e, again)

		d, err := protocol.ParseDelivery(protocol.AppendDelivery(nil, "client-1", e.Type, e.Message))
		require.NoError(t, err)
		require.Equal(t, protocol.Delivery{From: []byte("client-1"), Type: e.Type, Message: e.Message}, d)
	})
}

func FuzzValid(f *testing.F) {
	seed(f)
	for _, v := range load[vector](f, vectors.Envelopes) {
		if v.Expect.Message != "" && len(v.Expect.Message) < 1000 {
			f.Add([]byte(v.Expect.Message))
		}
	}
	f.Fuzz(func(t *testing.T, value []byte) {
		code := wantText(value, false)
		if err := protocol.Valid(value); code != 0 {
			requireCode(t, code, err, string(value))
		} else {
			require.NoError(t, err)
		}
		// The relay's messages never fail in another way than with an *Error.
		for _, parse := range []func([]byte) error{
			func(b []byte) error { _, err := protocol.ParseDelivery(b); return err },
			func(b []byte) error { _, err := protocol.ParseHello(b); return err },
			func(b []byte) error { _, err := protocol.ParsePeer(b); return err },
		} {
			err := parse(value)
			if code := wantText(value, true); code != 0 {
				requireCode(t, code, err, string(value))
			} else if err != nil {
				require.IsType(t, (*protocol.Error)(nil), err)
			}
		}
	})
}

func FuzzString(f *testing.F) {
	for _, s := range []string{"", "a", `"\/`, "\x00\x1f\x7f", "\b\f\n\r\t", "é€😀\u2028\ufeff\ufffd", "\xff\xed\xa0\x80a", `\ud800\udc00`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		text := string([]rune(s)) // what is not UTF-8 becomes U+FFFD, byte by byte
		raw := protocol.AppendString(nil, s)
		require.NoError(t, protocol.Valid(raw))
		got, err := protocol.Unquote(raw)
		require.NoError(t, err)
		require.Equal(t, text, got)
		var std string
		require.NoError(t, json.Unmarshal(raw, &std))
		require.Equal(t, text, std)

		// And what other programs write, and unusual texts.
		quoted := []byte(`"` + s + `"`)
		got, err = protocol.Unquote(quoted)
		require.Equal(t, protocol.Valid(quoted) == nil, err == nil)
		if err == nil {
			require.NoError(t, json.Unmarshal(quoted, &std))
			require.Equal(t, std, got)
		}
	})
}

package protocol_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/protocol"
)

// FuzzDelivery: what a relay, or what poses as one, sends to a peer: the parser agrees with
// another one about which JSON objects are deliveries, and what they say comes back as it was.
func FuzzDelivery(f *testing.F) {
	seedV1(f, func(v vectorV1) { f.Add(v.frame()) })
	f.Fuzz(func(t *testing.T, frame []byte) {
		for version, parse := range map[string]func([]byte) (protocol.Delivery, error){
			"base": protocol.ParseDelivery, "v1": protocol.ParseDeliveryV1,
		} {
			d, err := parse(frame)
			if err != nil {
				requireCodeOf(t, err)
				require.Zero(t, d, version)
				continue
			}
			require.Zero(t, wantText(frame, true), "it is one JSON object in UTF-8")
			raw, repeated := topLevel(frame)
			for name, got := range map[string][]byte{"message": d.Message, "link": d.Link} {
				if got != nil {
					require.False(t, repeated[name], name)
					require.Equal(t, string(raw[name]), string(got), name)
				}
			}
			require.True(t, protocol.ValidID(string(d.From)))
			again, err := parse(protocol.AppendDeliveryV1(nil, protocol.ID(d.From), d.Type, d.Message, d.Link))
			require.NoError(t, err)
			require.Equal(t, d, again, version)
		}
	})
}

// FuzzNotices: the other bodies of the relay, each there and back.
func FuzzNotices(f *testing.F) {
	seedBodies(f, func(_ string, body []byte) { f.Add(body) })
	f.Fuzz(func(t *testing.T, body []byte) {
		thereAndBack(t, body, protocol.ParsePeer, func(id protocol.ID) []byte {
			return protocol.AppendPresence(nil, protocol.TypePeerGone, protocol.Presence{ID: id})
		})
		thereAndBack(t, body, protocol.ParseUndelivered, func(u protocol.Undelivered) []byte { return protocol.AppendUndelivered(nil, u) })
		thereAndBack(t, body, protocol.ParseRestarting, func(r protocol.Restarting) []byte { return protocol.AppendRestarting(nil, r) })
		thereAndBack(t, body, protocol.ParseToken, func(token string) []byte { return protocol.AppendToken(nil, token) })
		thereAndBack(t, body, protocol.ParseAnswer, func(a protocol.Answer) []byte { return protocol.AppendAnswer(nil, a) })
		thereAndBack(t, body, protocol.ParseICE, func(i protocol.ICE) []byte { return protocol.AppendICE(nil, i) })
	})
}

func thereAndBack[T any](t *testing.T, body []byte, parse func([]byte) (T, error), write func(T) []byte) {
	t.Helper()
	first, err := parse(body)
	if err != nil {
		requireCodeOf(t, err)
		require.Zero(t, first)
		return
	}
	again, err := parse(write(first))
	require.NoError(t, err)
	require.Equal(t, first, again)
}

// requireCodeOf wants an error that a peer can be closed with.
func requireCodeOf(t *testing.T, err error) {
	t.Helper()
	var e *protocol.Error
	require.ErrorAs(t, err, &e)
	require.NotZero(t, e.Code)
	require.LessOrEqual(t, len(e.Reason), protocol.MaxReason)
}

// FuzzIdentifiers: IDs and types are what B29 to B31 say, by regular expressions.
func FuzzIdentifiers(f *testing.F) {
	for _, seed := range []string{"", "0", "a-1", "A", "ａ", "HELLO", "PEER_", "RELAY_", "OFFER", "a\n", "x\x00", "\u041e", " HELLO", "a\x7f", "LINK_", strings.Repeat("x", protocol.MaxType+1)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		require.Equal(t, idForm.MatchString(s), protocol.ValidID(s))
		err := protocol.CheckType(s)
		if err == nil {
			require.Regexp(t, typeForm, s)
			require.NotRegexp(t, reservedForm, s)
		} else {
			requireCodeOf(t, err)
		}
	})
}

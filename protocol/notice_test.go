package protocol_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/protocol"
)

func TestOrderComparesInOrder(t *testing.T) { // R5
	rising := []protocol.Order{{0, 0, 0}, {0, 0, 1}, {0, 1, 0}, {0, 1, 9}, {0, 2, 0}, {1, 0, 0}, {1, 0, 1}, {2, 0, 0}}
	for i, o := range rising {
		for j, p := range rising {
			want := 0
			if i < j {
				want = -1
			} else if i > j {
				want = 1
			}
			require.Equal(t, want, o.Compare(p), "%v and %v", o, p)
		}
	}
}

func TestNumberIsDigitsBelowTwoToThe53(t *testing.T) {
	for raw, want := range map[string]uint64{"0": 0, "7": 7, "10": 10, "9007199254740991": protocol.MaxNumber} {
		n, ok := protocol.Number([]byte(raw))
		require.True(t, ok, raw)
		require.Equal(t, want, n, raw)
	}
	for _, raw := range []string{"", "-0", "-1", "+1", "00", "01", "1.0", "1e3", " 1", "1 ", `"1"`, "null", "1a", "٣",
		"9007199254740992", "9999999999999999", "10000000000000000", "18446744073709551617"} {
		n, ok := protocol.Number([]byte(raw))
		require.False(t, ok, raw)
		require.Zero(t, n, raw)
	}
}

func TestTextIsOneString(t *testing.T) {
	s, err := protocol.Unquote(protocol.AppendString(nil, "a\"\\\n\x00é😀"))
	require.NoError(t, err)
	require.Equal(t, "a\"\\\n\x00é😀", s)
	for _, raw := range []string{"", "1", "null", `"a`, `"a" `, `"\x"`} {
		_, err := protocol.Unquote([]byte(raw))
		require.Error(t, err, raw)
	}
}

func TestNoticesRoundTrip(t *testing.T) {
	for _, u := range []protocol.Undelivered{{To: "c-1", Reason: "absent"}, {To: "c-1", Reason: "slow"}, {To: "0", Reason: `a "reason"`}, {"c-1", "schema", "/properties/a~1b", "type"}, {"c-1", "schema", "", "parts"}} {
		got, err := protocol.ParseUndelivered(protocol.AppendUndelivered(nil, u))
		require.NoError(t, err)
		require.Equal(t, u, got)
	}
	for _, r := range []protocol.Restarting{{0, 1}, {2500, 30000}} {
		got, err := protocol.ParseRestarting(protocol.AppendRestarting(nil, r))
		require.NoError(t, err)
		require.Equal(t, r, got)
	}
	for _, a := range []protocol.Answer{{Number: 7}, {Number: 7, Mark: "AbC_-09"}, {Error: "invalid"}, {Number: protocol.MaxNumber, Error: "denied"}} {
		got, err := protocol.ParseAnswer(protocol.AppendAnswer(nil, a))
		require.NoError(t, err)
		require.Equal(t, a, got)
	}
	token, err := protocol.ParseToken(protocol.AppendToken(nil, "AbC_-09"))
	require.NoError(t, err)
	require.Equal(t, "AbC_-09", token)
}

// The bytes that the relay writes, so that a change of them is seen.
func TestBodiesOfTheRelay(t *testing.T) {
	order := protocol.Order{Generation: 1, Attempt: 1700000000000, Random: 7}
	for want, got := range map[string][]byte{
		`{"id":"c-1","serverInfo":[1]}`: protocol.AppendHello(nil, protocol.Hello{ID: "c-1", ServerInfo: []byte("[1]"), Window: 60}),
		`{"id":"c-1","resume":"t","window":60,"resumed":true,"server":"","limits":{"message":1,"delivery":2,"outbox":3},"features":[]}`: protocol.AppendHello(nil, protocol.Hello{
			ID: "c-1", Resume: "t", Window: 60, Resumed: true, ServerKnown: true, Limits: protocol.Limits{Message: 1, Delivery: 2, Outbox: 3},
		}),
		`{"id":"c-1","resume":"t","window":60,"resumed":false,"limits":{"message":0,"delivery":0,"outbox":0,"rate":4,"streamRate":5,"streams":false},"features":[]}`: protocol.AppendHello(nil, protocol.Hello{
			ID: "c-1", Resume: "t", Window: 60, Limits: protocol.Limits{Rate: 4, StreamRate: 5, NoStreams: true},
		}),
		`{"id":"c-1","order":[1,1700000000000,7],"protocol":"intercessor.v1"}`: protocol.AppendPresence(nil, protocol.TypePeerBack,
			protocol.Presence{ID: "c-1", Order: order, Protocol: protocol.SubprotocolV1, Window: 1, Reason: "x"}),
		`{"id":"c-1","order":[1,1700000000000,7],"window":15}`:       protocol.AppendPresence(nil, protocol.TypePeerAway, protocol.Presence{ID: "c-1", Order: order, Window: 15}),
		`{"id":"c-1","order":[1,1700000000000,7],"reason":"kicked"}`: protocol.AppendPresence(nil, protocol.TypePeerGone, protocol.Presence{ID: "c-1", Order: order, Reason: "kicked"}),
		`{"request":7}`:                   protocol.AppendAnswer(nil, protocol.Answer{Number: 7}),
		`{"request":7,"closed":true}`:     protocol.AppendRequest(nil, protocol.TypeRelayDoor, protocol.Request{Number: 7, Closed: true}),
		`{"request":7,"serverInfo":null}`: protocol.AppendRequest(nil, protocol.TypeRelayInfo, protocol.Request{Number: 7}),
	} {
		require.Equal(t, want, string(got))
	}
}

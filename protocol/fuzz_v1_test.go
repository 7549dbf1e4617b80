package protocol_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/protocol/vectors"
)

func seedV1(f *testing.F, add func(v vectorV1)) {
	for _, data := range []string{vectors.Envelopes, vectors.Relay, vectors.V1Envelopes, vectors.V1Relay} {
		for _, v := range load[vectorV1](f, data) {
			if len(v.frame()) < 1500 {
				add(v)
			}
		}
	}
}

// seedBodies adds the bodies of the relay's messages and of requests.
func seedBodies(f *testing.F, add func(typ string, body []byte)) {
	seedV1(f, func(v vectorV1) {
		if d, err := protocol.ParseDelivery(v.frame()); err == nil && isRelay(d.From) {
			add(string(d.Type), d.Message)
		}
		if e, err := protocol.ParseEnvelopeV1(v.frame()); err == nil && isRelay(e.To) {
			add(string(e.Type), e.Message)
		}
	})
}

func FuzzParseEnvelopeV1(f *testing.F) {
	seedV1(f, func(v vectorV1) { f.Add(v.frame()) })
	f.Fuzz(func(t *testing.T, frame []byte) {
		want, code := wantEnvelopeV1(frame)
		e, err := protocol.ParseEnvelopeV1(frame)
		if code != 0 {
			requireCode(t, code, err, string(frame))
			return
		}
		require.NoError(t, err)
		got := map[string]string{"to": string(e.To), "type": string(e.Type), "message": string(e.Message)}
		if e.From != nil {
			got["from"] = string(e.From)
		}
		if e.Link != nil {
			got["link"] = string(e.Link)
		}
		require.Equal(t, want, got)

		again, err := protocol.ParseEnvelopeV1(protocol.AppendEnvelopeV1(nil, protocol.ID(e.To), string(e.Type), e.Message, e.Link))
		require.NoError(t, err)
		again.From = e.From
		require.Equal(t, e, again)

		d, err := protocol.ParseDeliveryV1(protocol.AppendDeliveryV1(nil, "client-1", e.Type, e.Message, e.Link))
		require.NoError(t, err)
		require.Equal(t, protocol.Delivery{From: []byte("client-1"), Type: e.Type, Message: e.Message, Link: e.Link}, d)
	})
}

// requireOneOf fails unless err is an *Error with one of these codes, or nil if there
// are none. It reports whether there are none.
func requireOneOf(t *testing.T, codes []protocol.Code, err error) bool {
	t.Helper()
	if codes == nil {
		require.NoError(t, err)
		return true
	}
	var e *protocol.Error
	require.True(t, errors.As(err, &e), "want a code of %v, got %v", codes, err)
	require.Contains(t, codes, e.Code, e.Reason)
	return false
}

func FuzzHello(f *testing.F) {
	seedBodies(f, func(_ string, body []byte) { f.Add(body) })
	f.Fuzz(func(t *testing.T, body []byte) {
		want, codes := wantHello(body)
		h, err := protocol.ParseHello(body)
		if !requireOneOf(t, codes, err) {
			require.Equal(t, protocol.Hello{}, h)
			return
		}
		number := func(name string) int {
			n, _ := want[name].(uint64)
			return int(min(n, 1<<31-1))
		}
		text := func(name string) string { s, _ := want[name].(string); return s }
		require.Equal(t, protocol.ID(text("id")), h.ID)
		require.Equal(t, protocol.ID(text("room")), h.Room)
		require.Equal(t, text("serverInfo"), string(h.ServerInfo))
		require.Equal(t, text("resume"), h.Resume)
		require.Equal(t, number("window"), h.Window)
		require.Equal(t, want["resumed"] == true, h.Resumed)
		require.Equal(t, text("server"), h.Server)
		require.Equal(t, want["server"] != nil, h.ServerKnown)
		order, _ := want["serverOrder"].(protocol.Order)
		require.Equal(t, order, h.ServerOrder)
		require.Equal(t, protocol.Limits{Message: number("message"), Delivery: number("delivery"), Outbox: number("outbox"),
			Rate: number("rate"), StreamRate: number("streamRate"), NoStreams: want["streams"] == false}, h.Limits)
		require.Equal(t, text("features"), string(h.Features))
		require.Equal(t, text("iceServers"), string(h.ICE.Servers))
		require.Equal(t, number("iceExpiresIn"), h.ICE.ExpiresIn)
		require.Equal(t, text("instance"), h.Instance)

		again, err := protocol.ParseHello(protocol.AppendHello(nil, h))
		require.NoError(t, err)
		if h.Resume != "" && h.Features == nil {
			h.Features = []byte("[]")
		}
		if h.ICE.Servers == nil {
			h.ICE.ExpiresIn = 0 // of nothing
		}
		require.Equal(t, h, again)
	})
}

func FuzzPresence(f *testing.F) {
	seedBodies(f, func(_ string, body []byte) { f.Add(body) })
	f.Fuzz(func(t *testing.T, body []byte) {
		want, codes := wantBody(body, presenceForms, "id")
		p, err := protocol.ParsePresence(body)
		if !requireOneOf(t, codes, err) {
			require.Equal(t, protocol.Presence{}, p)
			return
		}
		text := func(name string) string { s, _ := want[name].(string); return s }
		order, _ := want["order"].(protocol.Order)
		window, _ := want["window"].(uint64)
		require.Equal(t, protocol.Presence{
			ID: protocol.ID(text("id")), Order: order, Protocol: text("protocol"), Window: int(min(window, 1<<31-1)), Reason: text("reason"),
		}, p)

		for typ, left := range map[string]protocol.Presence{
			protocol.TypePeerJoined: {ID: p.ID, Order: p.Order, Protocol: p.Protocol},
			protocol.TypePeerAway:   {ID: p.ID, Order: p.Order, Window: p.Window},
			protocol.TypePeerBack:   {ID: p.ID, Order: p.Order, Protocol: p.Protocol},
			protocol.TypePeerGone:   {ID: p.ID, Order: p.Order, Reason: p.Reason},
		} {
			again, err := protocol.ParsePresence(protocol.AppendPresence(nil, typ, p))
			require.NoError(t, err)
			require.Equal(t, left, again, typ)
		}
	})
}

func FuzzRequest(f *testing.F) {
	seedBodies(f, func(typ string, body []byte) { f.Add(typ, body) })
	f.Fuzz(func(t *testing.T, typ string, body []byte) {
		number, field, wrong := wantRequest(typ, body)
		r, got := protocol.ParseRequest(typ, body)
		require.Equal(t, wrong, got)
		require.Equal(t, number, r.Number)
		if wrong != "" {
			require.Equal(t, protocol.Request{Number: number}, r)
			return
		}
		want := protocol.Request{Number: number}
		switch typ {
		case protocol.TypeRelayKick, protocol.TypeRelayOutcome:
			want = field.(protocol.Request)
		case protocol.TypeRelayDoor:
			want.Closed = field.(bool)
		case protocol.TypeRelayInfo:
			if field != "null" {
				want.ServerInfo = []byte(field.(string))
			}
		}
		require.Equal(t, want, r)
		again, got := protocol.ParseRequest(typ, protocol.AppendRequest(nil, typ, r))
		require.Empty(t, got)
		require.Equal(t, r, again)
	})
}

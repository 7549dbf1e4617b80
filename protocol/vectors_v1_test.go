package protocol_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/protocol/vectors"
)

// vectorV1 is one entry of v1-envelopes.json or v1-relay.json.
type vectorV1 struct {
	Name, Rule, Why string

	Frame  *string
	Base64 []byte
	Repeat *repeat

	Expect expectV1
}

// expectV1 is what a frame says, whichever it is.
type expectV1 struct {
	Code    protocol.Code
	To      string
	From    string
	Type    string
	Message rawText
	Link    string

	// Of the relay's own messages and of requests to it.
	ID           string
	Room         string
	ServerInfo   string
	Resume       string
	Window       int
	Resumed      *bool
	Server       *string
	Limits       protocol.Limits
	Features     string
	ICEServers   string
	ICEExpiresIn int
	Instance     string
	Order        *[3]uint64
	ServerOrder  *[3]uint64
	Protocol     string
	Reason       string
	Path         string
	Keyword      string
	ReconnectIn  int
	TryFor       int
	Request      *uint64
	Error        string
	Closed       *bool
	For          uint64
	By           string
	Mark         string
	Outcome      string
	Local        string
	Remote       string
	Ms           uint64
}

func (v vectorV1) frame() []byte {
	return vector{Frame: v.Frame, Base64: v.Base64, Repeat: v.Repeat}.frame()
}

func TestEnvelopeVectorsV1(t *testing.T) {
	for _, v := range load[vectorV1](t, vectors.V1Envelopes) {
		t.Run(v.Name, func(t *testing.T) {
			frame := v.frame()
			e, err := protocol.ParseEnvelopeV1(frame)
			if v.Expect.Code != 0 {
				requireCode(t, v.Expect.Code, err, v.Why)
				require.Equal(t, protocol.Envelope{}, e, "nothing of a wrong frame may be used")
				return
			}
			require.NoError(t, err, v.Why)
			got := expectV1{
				To: string(e.To), From: string(e.From), Type: string(e.Type), Message: rawText(e.Message), Link: string(e.Link),
			}
			if isRelay(e.To) && strings.HasPrefix(got.Type, "RELAY_") {
				got.request(e)
			}
			require.Equal(t, v.Expect, got, v.Why)
			require.Equal(t, v.Expect.Link == "", e.Link == nil, v.Why)
		})
	}
}

// request reads what a peer asks of the relay.
func (x *expectV1) request(e protocol.Envelope) {
	var r protocol.Request
	r, x.Error = protocol.ParseRequest(x.Type, e.Message)
	x.Request, x.ID, x.ServerInfo = &r.Number, string(r.ID), string(r.ServerInfo)
	x.For, x.By, x.Mark = r.For, r.By, r.Mark
	if o := r.Path; o != nil {
		x.Outcome, x.Local, x.Remote, x.Ms = o.Outcome, o.Local, o.Remote, o.Milliseconds
	}
	if x.Type == protocol.TypeRelayDoor && x.Error == "" {
		x.Closed = &r.Closed
	}
}

func TestRelayVectorsV1(t *testing.T) {
	for _, v := range load[vectorV1](t, vectors.V1Relay) {
		t.Run(v.Name, func(t *testing.T) {
			got, err := readDeliveryV1(v.frame())
			if v.Expect.Code != 0 {
				requireCode(t, v.Expect.Code, err, v.Why)
				return
			}
			require.NoError(t, err, v.Why)
			if v.Expect.Resumed == nil {
				got.Resumed = nil // false, and not there, are the same
			}
			require.Equal(t, v.Expect, got, v.Why)
		})
	}
}

// readDeliveryV1 reads a frame of the relay as a v1 peer does.
func readDeliveryV1(frame []byte) (x expectV1, err error) {
	d, err := protocol.ParseDeliveryV1(frame)
	if err != nil {
		return x, err
	}
	x = expectV1{From: string(d.From), Type: string(d.Type), Message: rawText(d.Message), Link: string(d.Link)}
	if !isRelay(d.From) {
		return x, nil
	}
	switch x.Type {
	case protocol.TypeHello:
		err = x.hello(d.Message)
	case protocol.TypePeerJoined, protocol.TypePeerAway, protocol.TypePeerBack, protocol.TypePeerGone:
		var p protocol.Presence
		p, err = protocol.ParsePresence(d.Message)
		x.ID, x.Protocol, x.Window, x.Reason = string(p.ID), p.Protocol, p.Window, p.Reason
		x.Order = numbers(p.Order)
	case protocol.TypeRelayUndelivered:
		var u protocol.Undelivered
		u, err = protocol.ParseUndelivered(d.Message)
		x.To, x.Reason, x.Path, x.Keyword = string(u.To), u.Reason, u.Path, u.Keyword
	case protocol.TypeRelayToken:
		x.Resume, err = protocol.ParseToken(d.Message)
	case protocol.TypeRelayICE:
		var ice protocol.ICE
		ice, err = protocol.ParseICE(d.Message)
		x.ICEServers, x.ICEExpiresIn = string(ice.Servers), ice.ExpiresIn
	case protocol.TypeRelayRestarting:
		var r protocol.Restarting
		r, err = protocol.ParseRestarting(d.Message)
		x.ReconnectIn, x.TryFor = r.ReconnectIn, r.TryFor
	case protocol.TypeRelayAnswer:
		var a protocol.Answer
		a, err = protocol.ParseAnswer(d.Message)
		x.Request, x.Error, x.Mark = &a.Number, a.Error, a.Mark
	}
	return x, err
}

func (x *expectV1) hello(message []byte) error {
	h, err := protocol.ParseHello(message)
	if err != nil {
		return err
	}
	if h.Resume == "" {
		return &protocol.Error{Code: protocol.CodeMissingField, Reason: "a v1 peer gets a token"}
	}
	x.ID, x.Room, x.ServerInfo, x.Resume, x.Window = string(h.ID), string(h.Room), string(h.ServerInfo), h.Resume, h.Window
	x.Resumed, x.Limits, x.Features, x.Instance = &h.Resumed, h.Limits, string(h.Features), h.Instance
	x.ICEServers, x.ICEExpiresIn = string(h.ICE.Servers), h.ICE.ExpiresIn
	if h.ServerKnown {
		x.Server = &h.Server
	}
	x.ServerOrder = numbers(h.ServerOrder)
	return nil
}

// numbers gives the order as a vector has it, nil for none.
func numbers(o protocol.Order) *[3]uint64 {
	if o == (protocol.Order{}) {
		return nil
	}
	return &[3]uint64{o.Generation, o.Attempt, o.Random}
}

func isRelay(id []byte) bool { return string(id) == string(protocol.RelayID) }

// A base peer takes what the relay says to v1 peers, too: it sees less of it.
func TestBasePeersReadOverV1(t *testing.T) {
	for _, v := range load[vectorV1](t, vectors.V1Relay) {
		if v.Expect.Code != 0 {
			continue
		}
		d, hello, err := readDelivery(v.frame())
		require.NoError(t, err, v.Name)
		require.Nil(t, d.Link, v.Name)
		require.Equal(t, string(v.Expect.Message), string(d.Message), v.Name)
		if v.Expect.Type == protocol.TypeHello || v.Expect.Type == protocol.TypePeerJoined || v.Expect.Type == protocol.TypePeerGone {
			require.Equal(t, v.Expect.ID, string(hello.ID), v.Name)
		}
	}
}

// What a base peer may send, a v1 peer may send, but for LINK_ and RELAY_ types and
// a field link.
func TestBaseEnvelopesAreV1Envelopes(t *testing.T) {
	for _, v := range load[vector](t, vectors.Envelopes) {
		if v.Expect.Code == protocol.CodeReservedType {
			continue
		}
		frame := v.frame()
		base, baseErr := protocol.ParseEnvelope(frame)
		v1, v1Err := protocol.ParseEnvelopeV1(frame)
		v1.Link = nil
		require.Equal(t, base, v1, v.Name)
		require.Equal(t, baseErr, v1Err, v.Name)
	}
}

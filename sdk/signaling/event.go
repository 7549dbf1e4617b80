package signaling

import "github.com/sebas642/intercessor/protocol"

// Kind says what an [Event] is.
type Kind uint8

const (
	// Delivered is a message from another peer.
	Delivered Kind = iota + 1

	// Joined says that a client has come. Only servers get it, before the first
	// message of that client.
	Joined

	// Gone says that a peer has left: a client to its server, the server to each
	// of its clients. No message of that peer follows.
	Gone
)

// Event is what a session receives.
type Event struct {
	Kind Kind

	// Peer is the sender, or the peer that came or left.
	Peer protocol.ID

	// Type and Message belong to Delivered. Message is one JSON value, byte for
	// byte as the peer sent it, and the receiver's own to keep.
	Type    string
	Message []byte
}

// parse turns a frame of the relay into an event. Messages of the relay that this
// version does not know give ok == false: a newer relay may send them.
func parse(frame []byte) (e Event, ok bool, err error) {
	d, err := protocol.ParseDelivery(frame)
	if err != nil {
		return Event{}, false, err
	}
	if protocol.ID(d.From) != protocol.RelayID {
		return Event{Kind: Delivered, Peer: protocol.ID(d.From), Type: string(d.Type), Message: d.Message}, true, nil
	}
	switch string(d.Type) {
	case protocol.TypePeerJoined:
		e.Kind = Joined
	case protocol.TypePeerGone:
		e.Kind = Gone
	default:
		return Event{}, false, nil
	}
	e.Peer, err = protocol.ParsePeer(d.Message)
	return e, err == nil, err
}

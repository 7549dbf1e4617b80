package signaling

import (
	"strconv"

	"github.com/sebas642/intercessor/protocol"
)

// Kind says what an [Event] is.
type Kind uint8

const (
	// Delivered is a message from another peer.
	Delivered Kind = iota + 1

	// Joined says that a client has come. Only servers get it, before the first
	// message of that client.
	Joined

	// Gone says that a peer has left and will not be back: a client to its server,
	// the server to each of its clients. No message of that peer follows.
	Gone

	// Away says that a peer's connection broke and that it may be back. Like Back it
	// comes in v1 sessions only.
	Away

	// Back says that a peer has returned, or that it has resumed after a loss that was
	// not noticed. Messages sent in between may be lost.
	Back

	// Lost says that this session's own connection broke. It is being resumed.
	Lost

	// Connected says that this session was resumed, under the same ID.
	Connected

	// Undelivered says that the relay has dropped a message to Peer. It is a hint: it
	// does not come for each (D3).
	Undelivered
)

// Reasons of Gone (P6). A relay may have others; a base relay gives none.
const (
	ReasonLeft    = "left"    // the peer said so
	ReasonTimeout = "timeout" // it was away for too long; a base peer: its connection was lost
	ReasonKicked  = "kicked"  // its server sent it away
	ReasonRefused = "refused" // it broke a rule and the relay closed it
	ReasonRelay   = "relay"   // the relay gave it up
)

// ReasonStreams is that of Undelivered where the relay carries no byte streams (D11).
const ReasonStreams = "streams"

// String returns the kind in a word.
func (k Kind) String() string {
	words := [...]string{Delivered: "delivered", Joined: "joined", Gone: "gone", Away: "away", Back: "back",
		Lost: "lost", Connected: "connected", Undelivered: "undelivered"}
	if int(k) < len(words) && words[k] != "" {
		return words[k]
	}
	return "Kind(" + strconv.Itoa(int(k)) + ")"
}

// Event is what Serve hands to its caller.
type Event struct {
	Kind Kind

	// Peer is the sender, or the peer that came or left or did not get a message.
	Peer protocol.ID

	// Type and Message belong to Delivered. Message is one JSON value, byte for
	// byte as the peer sent it. Link is the object beside them, or nil. Both are valid
	// until the event has been handled.
	Type    string
	Message []byte
	Link    []byte

	// Protocol belongs to Joined and Back: the subprotocol that the peer speaks, ""
	// for base.
	Protocol string

	// Reason belongs to Gone and Undelivered.
	Reason string

	// Hello belongs to Connected: what the relay said.
	Hello *protocol.Hello

	// Err belongs to Lost: how the connection ended.
	Err error
}

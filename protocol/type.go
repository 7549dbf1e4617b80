package protocol

// Types of the relay's own messages, from RelayID. A peer may not send them.
const (
	TypeHello      = "HELLO"       // Hello: the first message on every connection
	TypePeerJoined = "PEER_JOINED" // Presence, {"id"} in base: to a server, when a client comes
	TypePeerGone   = "PEER_GONE"   // Presence, {"id"} in base: to the other side, when a peer leaves
)

// Types of the relay's messages to v1 peers only.
const (
	TypePeerAway         = "PEER_AWAY"         // Presence: the other side's connection ended, it may be back
	TypePeerBack         = "PEER_BACK"         // Presence: the other side has resumed
	TypeRelayPresent     = "RELAY_PRESENT"     // {}: to a resumed server, all its present clients are named
	TypeRelayUndelivered = "RELAY_UNDELIVERED" // Undelivered: a message was dropped
	TypeRelayBeat        = "RELAY_BEAT"        // {}: nothing else was sent for BeatAfter
	TypeRelayToken       = "RELAY_TOKEN"       // {"resume"}: a newer token
	TypeRelayICE         = "RELAY_ICE"         // ICE: other STUN and TURN servers, or newer credentials
	TypeRelayRestarting  = "RELAY_RESTARTING"  // Restarting: the relay shuts down, resume later
	TypeRelayAnswer      = "RELAY_ANSWER"      // Answer: to a Request
)

// Types of a v1 peer's requests to the relay, to RelayID (D7, D12).
const (
	TypeRelayKick = "RELAY_KICK" // Request: close a client
	TypeRelayDoor = "RELAY_DOOR" // Request: refuse or admit newcomers
	TypeRelayInfo = "RELAY_INFO" // Request: set the serverInfo for clients

	TypeRelayOutcome = "RELAY_OUTCOME" // Request: count how an attempt for a direct path has ended
)

// Types of the link between two v1 peers (PROTOCOL.md, "The link"). Their message is null,
// and their content is in the field link.
const (
	TypeLinkOpen   = "LINK_OPEN"   // client to server: asks for a link
	TypeLinkOpened = "LINK_OPENED" // server to client: names the link
	TypeLinkAck    = "LINK_ACK"    // either way: an acknowledgement, a probe or its answer
	TypeLinkReset  = "LINK_RESET"  // either way: the sender has no such link
	TypeLinkStream = "LINK_STREAM" // either way: a frame of the byte streams
	TypeLinkEnd    = "LINK_END"    // either way: the sender sends no more and takes no more
)

// Types with which SDK peers prepare a direct path (PROTOCOL.md, "What SDK peers
// say"). To the relay they are types like any other.
const (
	TypeOffer     = "OFFER"     // client to server: RTCSessionDescriptionInit
	TypeAnswer    = "ANSWER"    // server to client: RTCSessionDescriptionInit
	TypeCandidate = "CANDIDATE" // either way: RTCIceCandidateInit
	TypeNegotiate = "NEGOTIATE" // server to client, null: asks for an offer
	TypeBye       = "BYE"       // either way, null: this side has closed
)

// CheckType returns nil if a peer may send typ: 1 to 64 visible ASCII characters
// (B30) and not one of the relay's own types (B31). The error is an *Error with
// CodeInvalidField or CodeReservedType.
func CheckType(typ string) error {
	if !validType(typ) {
		return errType()
	}
	if reserved(typ) {
		return errReserved()
	}
	return nil
}

func validType[T string | []byte](typ T) bool {
	if len(typ) == 0 || len(typ) > MaxType {
		return false
	}
	for i := range len(typ) {
		if typ[i] <= ' ' || typ[i] >= 0x7F {
			return false
		}
	}
	return true
}

func reserved[T string | []byte](typ T) bool {
	return string(typ) == TypeHello || hasPrefix(typ, "PEER_") || hasPrefix(typ, "RELAY_") || hasPrefix(typ, "LINK_")
}

// reservedV1 reports whether a v1 peer may not send this type, or not to this peer (D5).
func reservedV1(typ, to []byte) bool {
	switch {
	case hasPrefix(typ, "RELAY_"):
		return string(to) != string(RelayID)
	case hasPrefix(typ, "LINK_"):
		return string(to) == string(RelayID)
	}
	return reserved(typ)
}

func hasPrefix[T string | []byte](s T, prefix string) bool {
	return len(s) >= len(prefix) && string(s[:len(prefix)]) == prefix
}

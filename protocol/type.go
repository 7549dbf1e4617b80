package protocol

// Types of the relay's own messages, from RelayID. A peer may not send them.
const (
	TypeHello      = "HELLO"       // Hello: the first message on every connection
	TypePeerJoined = "PEER_JOINED" // {"id"}: to a server, when a client comes
	TypePeerGone   = "PEER_GONE"   // {"id"}: to the other side, when a peer leaves
)

// Types with which SDK peers prepare a direct path (PROTOCOL.md, "What SDK peers
// say"). To the relay they are types like any other.
const (
	TypeOffer     = "OFFER"     // client to server: RTCSessionDescriptionInit
	TypeAnswer    = "ANSWER"    // server to client: RTCSessionDescriptionInit
	TypeCandidate = "CANDIDATE" // either way: RTCIceCandidateInit
	TypeNegotiate = "NEGOTIATE" // server to client, null: make an offer, please
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

func hasPrefix[T string | []byte](s T, prefix string) bool {
	return len(s) >= len(prefix) && string(s[:len(prefix)]) == prefix
}

package protocol

// ParsePeer parses the message of PEER_JOINED and PEER_GONE and returns the peer's ID. The
// error is an *Error.
func ParsePeer(message []byte) (ID, error) {
	var values [1][]byte
	if err := ScanObject(message, presenceNames[:1], values[:]); err != nil {
		return "", err
	}
	return peerID("id", values[0])
}

// AppendPeer appends the message of PEER_JOINED and PEER_GONE to dst and returns
// the result.
func AppendPeer(dst []byte, id ID) []byte {
	return append(appendID(dst, "id", id), '}')
}

// Presence is the message of PEER_JOINED, PEER_AWAY, PEER_BACK and PEER_GONE to a
// v1 peer. Each has some of the fields; the others are zero.
type Presence struct {
	ID       ID
	Order    Order  // of the connection that this is about (P1)
	Protocol string // the subprotocol that the peer speaks, "" for base
	Window   int    // for how many seconds the relay waits for the peer
	Reason   string // why it is gone (P6)
}

// ParsePresence parses the message of a presence message of any type. Only the ID is
// required. The error is an *Error.
func ParsePresence(message []byte) (Presence, error) {
	var values [5][]byte
	if err := ScanObject(message, presenceNames, values[:]); err != nil {
		return Presence{}, err
	}
	p := Presence{}
	var err error
	if p.ID, err = peerID("id", values[0]); err != nil {
		return Presence{}, err
	}
	if values[1] != nil {
		var ok bool
		if p.Order, ok = parseOrder(values[1]); !ok {
			return Presence{}, errOrder("order")
		}
	}
	if p.Protocol, err = textField("protocol", values[2]); err != nil {
		return Presence{}, err
	}
	if p.Window, err = count("window", values[3]); err != nil {
		return Presence{}, err
	}
	if p.Reason, err = textField("reason", values[4]); err != nil {
		return Presence{}, err
	}
	return p, nil
}

// AppendPresence appends the message of the presence message typ to dst, with the
// fields that typ has, and returns the result.
func AppendPresence(dst []byte, typ string, p Presence) []byte {
	dst = appendID(dst, "id", p.ID)
	dst = append(dst, `,"order":`...)
	dst = appendOrder(dst, p.Order)
	switch typ {
	case TypePeerJoined, TypePeerBack:
		dst = append(dst, `,"protocol":`...)
		dst = appendString(dst, p.Protocol)
	case TypePeerAway:
		dst = append(dst, `,"window":`...)
		dst = appendCount(dst, p.Window)
	case TypePeerGone:
		dst = append(dst, `,"reason":`...)
		dst = appendString(dst, p.Reason)
	}
	return append(dst, '}')
}

var presenceNames = []string{"id", "order", "protocol", "window", "reason"}

// peerID parses a field "id". RelayID is not allowed.
func peerID(name string, raw []byte) (ID, error) {
	if raw == nil {
		return "", errMissing(name)
	}
	id, ok := idField(raw)
	if !ok || string(id) == string(RelayID) {
		return "", errID(name)
	}
	return ID(id), nil
}

// appendID opens an object whose first field is an ID.
func appendID(dst []byte, name string, id ID) []byte {
	dst = append(dst, '{', '"')
	dst = append(dst, name...)
	dst = append(dst, `":"`...)
	dst = append(dst, id...)
	return append(dst, '"')
}

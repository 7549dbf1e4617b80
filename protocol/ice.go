package protocol

// ICE is a list of STUN and TURN servers, in HELLO and as the message of RELAY_ICE.
type ICE struct {
	// Servers is one JSON array of the servers that the peer may use (I1), or nil. Its
	// elements are not checked: a peer ignores those that it cannot use.
	Servers []byte

	// ExpiresIn is for how many seconds after this was sent they may be used (I2), 0 if
	// they do not expire.
	ExpiresIn int
}

// ParseICE parses the message of RELAY_ICE. Servers is a slice of message. The error is
// an *Error.
func ParseICE(message []byte) (ICE, error) {
	var values [2][]byte
	if err := ScanObject(message, iceNames, values[:]); err != nil {
		return ICE{}, err
	}
	if values[0] == nil {
		return ICE{}, errMissing(iceNames[0])
	}
	return iceFields(values[0], values[1])
}

func iceFields(servers, expiresIn []byte) (ICE, error) {
	if servers != nil && servers[0] != '[' {
		return ICE{}, errField(iceNames[0], "an array")
	}
	n, err := count(iceNames[1], expiresIn)
	if err != nil {
		return ICE{}, err
	}
	return ICE{Servers: servers, ExpiresIn: n}, nil
}

// AppendICE appends the message of RELAY_ICE to dst and returns the result. Servers must
// not be nil.
func AppendICE(dst []byte, ice ICE) []byte {
	return append(appendICE(append(dst, '{'), ice), '}')
}

// appendICE appends the two fields, without a comma before them.
func appendICE(dst []byte, ice ICE) []byte {
	dst = append(dst, `"iceServers":`...)
	dst = append(dst, ice.Servers...)
	if ice.ExpiresIn > 0 {
		dst = append(dst, `,"iceExpiresIn":`...)
		dst = appendCount(dst, ice.ExpiresIn)
	}
	return dst
}

var iceNames = []string{"iceServers", "iceExpiresIn"}

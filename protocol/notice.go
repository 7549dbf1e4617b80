package protocol

// Undelivered is the message of RELAY_UNDELIVERED: a message to the peer To was
// dropped. It is a hint and settles nothing (D3).
type Undelivered struct {
	To     ID
	Reason string // "absent", "slow", "base", "schema" or one of a later relay

	// For "schema": the place in the operator's schema that does not allow the message, as
	// a JSON pointer, and the keyword (D10).
	Path, Keyword string
}

// ParseUndelivered parses the message of RELAY_UNDELIVERED. The error is an *Error.
func ParseUndelivered(message []byte) (Undelivered, error) {
	var values [4][]byte
	if err := ScanObject(message, undeliveredNames, values[:]); err != nil {
		return Undelivered{}, err
	}
	if values[0] == nil {
		return Undelivered{}, errMissing("to")
	}
	to, ok := idField(values[0])
	if !ok {
		return Undelivered{}, errID("to")
	}
	var texts [3]string
	for i := range texts {
		var err error
		if texts[i], err = textField(undeliveredNames[1+i], values[1+i]); err != nil {
			return Undelivered{}, err
		}
	}
	return Undelivered{ID(to), texts[0], texts[1], texts[2]}, nil
}

// AppendUndelivered appends the message of RELAY_UNDELIVERED to dst and returns the
// result.
func AppendUndelivered(dst []byte, u Undelivered) []byte {
	dst = appendID(dst, "to", u.To)
	dst = append(dst, `,"reason":`...)
	dst = appendString(dst, u.Reason)
	if u.Path != "" || u.Keyword != "" {
		dst = append(dst, `,"path":`...)
		dst = appendString(dst, u.Path)
		dst = append(dst, `,"keyword":`...)
		dst = appendString(dst, u.Keyword)
	}
	return append(dst, '}')
}

// Restarting is the message of RELAY_RESTARTING, in milliseconds (D8).
type Restarting struct {
	ReconnectIn int // when the peer should resume
	TryFor      int // for how long it should try, at least
}

// ParseRestarting parses the message of RELAY_RESTARTING. The error is an *Error.
func ParseRestarting(message []byte) (Restarting, error) {
	var values [2][]byte
	if err := ScanObject(message, restartingNames, values[:]); err != nil {
		return Restarting{}, err
	}
	in, err := count("reconnectIn", values[0])
	if err != nil {
		return Restarting{}, err
	}
	try, err := count("tryFor", values[1])
	if err != nil {
		return Restarting{}, err
	}
	return Restarting{ReconnectIn: in, TryFor: try}, nil
}

// AppendRestarting appends the message of RELAY_RESTARTING to dst and returns the
// result.
func AppendRestarting(dst []byte, r Restarting) []byte {
	dst = append(dst, `{"reconnectIn":`...)
	dst = appendCount(dst, r.ReconnectIn)
	dst = append(dst, `,"tryFor":`...)
	dst = appendCount(dst, r.TryFor)
	return append(dst, '}')
}

// ParseToken parses the message of RELAY_TOKEN and returns the token. The error is
// an *Error.
func ParseToken(message []byte) (string, error) {
	var values [1][]byte
	if err := ScanObject(message, tokenNames, values[:]); err != nil {
		return "", err
	}
	if values[0] == nil {
		return "", errMissing("resume")
	}
	t, ok := token(values[0])
	if !ok {
		return "", errToken()
	}
	return t, nil
}

// AppendToken appends the message of RELAY_TOKEN to dst and returns the result.
func AppendToken(dst []byte, token string) []byte {
	dst = append(dst, `{"resume":"`...)
	dst = append(dst, token...)
	return append(dst, `"}`...)
}

// token parses a resume token. A peer writes it into a header, where characters other
// than those of base64url would make the handshake fail (R2).
func token(raw []byte) (string, bool) {
	t, err := Unquote(raw)
	if err != nil || t == "" {
		return "", false
	}
	for i := range len(t) {
		c := t[i]
		if c != '-' && c != '_' && class[c]&classDigit == 0 && (c|0x20 < 'a' || c|0x20 > 'z') {
			return "", false
		}
	}
	return t, true
}

var (
	undeliveredNames = []string{"to", "reason", "path", "keyword"}
	restartingNames  = []string{"reconnectIn", "tryFor"}
	tokenNames       = []string{"resume"}
)

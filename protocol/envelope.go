package protocol

// Envelope is a message as a peer sends it.
type Envelope struct {
	To   []byte // the receiver's ID
	From []byte // the sender's own ID, nil if the peer left it out
	Type []byte

	// Message is one JSON value, byte for byte as the peer wrote it and without
	// the white space around it.
	Message []byte
}

// ParseEnvelope parses a frame that a peer sent. The fields of the envelope are
// slices of frame, except an ID or a type that was written with escapes. It checks
// everything that the frame alone can tell, so not its length and not whose ID
// From is. The error is an *Error with the code that the relay closes with. If
// several rules are broken, the text comes before the fields, and of those the
// lowest code (B37, B39).
func ParseEnvelope(frame []byte) (Envelope, error) {
	var values [4][]byte
	if err := ScanObject(frame, envelopeNames, values[:]); err != nil {
		return Envelope{}, err
	}
	if err := present(envelopeNames[:3], values[:]); err != nil {
		return Envelope{}, err
	}
	to, typ, message, from := values[0], values[1], values[2], values[3]
	var ok bool
	if to, ok = idField(to); !ok {
		return Envelope{}, errID("to")
	}
	if from != nil {
		if from, ok = idField(from); !ok {
			return Envelope{}, errID("from")
		}
	}
	if typ, ok = typeField(typ); !ok {
		return Envelope{}, errType()
	}
	if reserved(typ) {
		return Envelope{}, errReserved()
	}
	return Envelope{To: to, From: from, Type: typ, Message: message}, nil
}

// AppendEnvelope appends to dst the frame in which a peer sends message, one JSON
// value, to the peer named to, and returns the result. It checks nothing: see
// [ValidID], [CheckType] and [Valid].
func AppendEnvelope(dst []byte, to ID, typ string, message []byte) []byte {
	dst = append(dst, `{"to":"`...)
	dst = append(dst, to...)
	dst = append(dst, `","type":`...)
	dst = appendString(dst, typ)
	dst = append(dst, `,"message":`...)
	dst = append(dst, message...)
	return append(dst, '}')
}

// Everything but from must be there (B39).
var envelopeNames = []string{"to", "type", "message", "from"}

// present returns an error if one of the named values is not there.
func present(names []string, values [][]byte) error {
	for i, name := range names {
		if values[i] == nil {
			return errMissing(name)
		}
	}
	return nil
}

// idField returns the ID that a field's raw value holds.
func idField(raw []byte) ([]byte, bool) {
	if raw[0] != '"' {
		return nil, false
	}
	id := text(raw[1 : len(raw)-1])
	return id, validID(id)
}

// typeField returns the type that a field's raw value holds.
func typeField(raw []byte) ([]byte, bool) {
	if raw[0] != '"' {
		return nil, false
	}
	typ := text(raw[1 : len(raw)-1])
	return typ, validType(typ)
}

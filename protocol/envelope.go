package protocol

// Envelope is a message as a peer sends it.
type Envelope struct {
	To   []byte // the receiver's ID
	From []byte // the sender's own ID, nil if the peer left it out
	Type []byte

	// Message is one JSON value, byte for byte as the peer wrote it and without
	// the white space around it.
	Message []byte

	// Link is one JSON object, byte for byte, or nil. Only ParseEnvelopeV1 sets it.
	Link []byte
}

// ParseEnvelope parses a frame that a peer sent. The fields of the envelope are slices of
// frame, except an ID or a type that was written with escapes. It checks everything but
// the frame's length and whether From is the sender. The error is an *Error with the code
// that the relay closes with. An error in the text comes before one in the fields, and of
// those the lowest code is returned (B37, B39).
func ParseEnvelope(frame []byte) (Envelope, error) {
	var v [4][]byte
	if err := scanEnvelope(frame, v[:]); err != nil {
		return Envelope{}, err
	}
	if reserved(v[1]) {
		return Envelope{}, errReserved()
	}
	return Envelope{To: v[0], From: v[3], Type: v[1], Message: v[2]}, nil
}

// ParseEnvelopeV1 is like ParseEnvelope, for a v1 peer, which may send a link (D4) and
// more types (D5).
func ParseEnvelopeV1(frame []byte) (Envelope, error) {
	var v [5][]byte
	if err := scanEnvelope(frame, v[:]); err != nil {
		return Envelope{}, err
	}
	if v[4] != nil && !validLink(v[4]) {
		return Envelope{}, errLink()
	}
	if reservedV1(v[1], v[0]) {
		return Envelope{}, errReservedV1()
	}
	return Envelope{To: v[0], From: v[3], Type: v[1], Message: v[2], Link: v[4]}, nil
}

// scanEnvelope sets v to the first len(v) fields of envelopeNames. It decodes and checks
// those that base peers send, but not whether the type is reserved.
func scanEnvelope(frame []byte, v [][]byte) error {
	if err := ScanObject(frame, envelopeNames[:len(v)], v); err != nil {
		return err
	}
	if err := present(envelopeNames[:3], v); err != nil {
		return err
	}
	var ok bool
	if v[0], ok = idField(v[0]); !ok {
		return errID("to")
	}
	if v[3] != nil {
		if v[3], ok = idField(v[3]); !ok {
			return errID("from")
		}
	}
	if v[1], ok = typeField(v[1]); !ok {
		return errType()
	}
	return nil
}

// AppendEnvelope appends to dst the frame in which a peer sends message, one JSON
// value, to the peer named to, and returns the result. It checks nothing: see
// [ValidID], [CheckType] and [Valid].
func AppendEnvelope(dst []byte, to ID, typ string, message []byte) []byte {
	return AppendEnvelopeV1(dst, to, typ, message, nil)
}

// AppendEnvelopeV1 is like AppendEnvelope, with a link, which may be nil (D4).
func AppendEnvelopeV1(dst []byte, to ID, typ string, message, link []byte) []byte {
	dst = append(dst, `{"to":"`...)
	dst = append(dst, to...)
	dst = append(dst, `","type":`...)
	dst = appendString(dst, typ)
	dst = appendLink(dst, link)
	dst = append(dst, `,"message":`...)
	dst = append(dst, message...)
	return append(dst, '}')
}

// All fields except from and link are required (B39). Base peers do not know link.
var envelopeNames = []string{"to", "type", "message", "from", "link"}

// present returns an error if one of the named values is missing.
func present(names []string, values [][]byte) error {
	for i, name := range names {
		if values[i] == nil {
			return errMissing(name)
		}
	}
	return nil
}

// idField parses the raw value of a field that is an ID.
func idField(raw []byte) ([]byte, bool) {
	if raw[0] != '"' {
		return nil, false
	}
	id := text(raw[1 : len(raw)-1])
	return id, validID(id)
}

// typeField parses the raw value of a field that is a type.
func typeField(raw []byte) ([]byte, bool) {
	if raw[0] != '"' {
		return nil, false
	}
	typ := text(raw[1 : len(raw)-1])
	return typ, validType(typ)
}

// validLink reports whether a field's raw value is a link (D4).
func validLink(raw []byte) bool { return raw[0] == '{' && len(raw) <= MaxLink }

func appendLink(dst, link []byte) []byte {
	if link == nil {
		return dst
	}
	dst = append(dst, `,"link":`...)
	return append(dst, link...)
}

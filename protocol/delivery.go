package protocol

// Delivery is a message as the relay delivers it.
type Delivery struct {
	From []byte // the ID of the sender, or RelayID
	Type []byte

	// Message is one JSON value, byte for byte as the sender wrote it.
	Message []byte

	// Link is one JSON object, byte for byte, or nil. Only ParseDeliveryV1 sets it.
	Link []byte
}

// ParseDelivery parses a frame that the relay sent. The fields of the delivery are slices
// of frame, except an ID or a type that was written with escapes. The error is an *Error
// that says which rule the relay broke (B41).
func ParseDelivery(frame []byte) (Delivery, error) {
	var v [3][]byte
	if err := scanDelivery(frame, v[:]); err != nil {
		return Delivery{}, err
	}
	return Delivery{From: v[0], Type: v[1], Message: v[2]}, nil
}

// ParseDeliveryV1 is like ParseDelivery, for a v1 peer, which may get a link (D4).
func ParseDeliveryV1(frame []byte) (Delivery, error) {
	var v [4][]byte
	if err := scanDelivery(frame, v[:]); err != nil {
		return Delivery{}, err
	}
	if v[3] != nil && !validLink(v[3]) {
		return Delivery{}, errLink()
	}
	return Delivery{From: v[0], Type: v[1], Message: v[2], Link: v[3]}, nil
}

// ParseDirect parses a message that came on the direct path (F1): a delivery without From,
// which has a link and no type that only the relay sends. The error is an *Error.
func ParseDirect(text []byte) (Delivery, error) {
	var v [3][]byte
	if err := ScanObject(text, directNames, v[:]); err != nil {
		return Delivery{}, err
	}
	if err := present(directNames, v[:]); err != nil {
		return Delivery{}, err
	}
	typ, ok := typeField(v[0])
	switch {
	case !ok:
		return Delivery{}, errType()
	case !validLink(v[2]):
		return Delivery{}, errLink()
	case reservedV1(typ, nil):
		return Delivery{}, errReservedV1()
	}
	return Delivery{Type: typ, Message: v[1], Link: v[2]}, nil
}

var directNames = []string{"type", "message", "link"}

// scanDelivery sets v to the first len(v) fields of deliveryNames. It decodes and checks
// those that base peers know.
func scanDelivery(frame []byte, v [][]byte) error {
	if err := ScanObject(frame, deliveryNames[:len(v)], v); err != nil {
		return err
	}
	if err := present(deliveryNames[:3], v); err != nil {
		return err
	}
	var ok bool
	if v[0], ok = idField(v[0]); !ok {
		return errID("from")
	}
	if v[1], ok = typeField(v[1]); !ok {
		return errType()
	}
	return nil
}

// AppendDelivery appends to dst the frame in which the relay delivers message, one
// JSON value, and returns the result. It checks nothing.
func AppendDelivery(dst []byte, from ID, typ, message []byte) []byte {
	return AppendDeliveryV1(dst, from, typ, message, nil)
}

// AppendDeliveryV1 is like AppendDelivery, with a link, which may be nil (D4).
func AppendDeliveryV1(dst []byte, from ID, typ, message, link []byte) []byte {
	dst = append(dst, `{"from":"`...)
	dst = append(dst, from...)
	dst = append(dst, `","type":`...)
	dst = appendString(dst, typ)
	dst = appendLink(dst, link)
	dst = append(dst, `,"message":`...)
	dst = append(dst, message...)
	return append(dst, '}')
}

// All fields except link are required (B41). Base peers do not know link.
var deliveryNames = []string{"from", "type", "message", "link"}

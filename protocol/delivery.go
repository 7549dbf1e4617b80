package protocol

// Delivery is a message as the relay delivers it.
type Delivery struct {
	From []byte // the ID of the sender, or RelayID
	Type []byte

	// Message is one JSON value, byte for byte as the sender wrote it.
	Message []byte
}

// ParseDelivery parses a frame that the relay sent. The fields of the delivery
// are slices of frame, except an ID or a type that was written with escapes. The
// error is an *Error that says what a relay must not send (B41).
func ParseDelivery(frame []byte) (Delivery, error) {
	var values [3][]byte
	if err := ScanObject(frame, deliveryNames, values[:]); err != nil {
		return Delivery{}, err
	}
	if err := present(deliveryNames, values[:]); err != nil {
		return Delivery{}, err
	}
	from, typ, message := values[0], values[1], values[2]
	var ok bool
	if from, ok = idField(from); !ok {
		return Delivery{}, errID("from")
	}
	if typ, ok = typeField(typ); !ok {
		return Delivery{}, errType()
	}
	return Delivery{From: from, Type: typ, Message: message}, nil
}

// AppendDelivery appends to dst the frame in which the relay delivers message, one
// JSON value, and returns the result. It checks nothing.
func AppendDelivery(dst []byte, from ID, typ, message []byte) []byte {
	dst = append(dst, `{"from":"`...)
	dst = append(dst, from...)
	dst = append(dst, `","type":`...)
	dst = appendString(dst, typ)
	dst = append(dst, `,"message":`...)
	dst = append(dst, message...)
	return append(dst, '}')
}

var deliveryNames = []string{"from", "type", "message"}

package sdk

import "github.com/sebas642/intercessor/protocol"

// Message is a message between two peers through the relay. Data may have up to 16 MiB if the
// Conn is reliable. Otherwise Type, Data and the receiver's ID must fit into a frame of 64 KiB.
type Message struct {
	// Type is 1 to 64 visible ASCII characters. HELLO and what begins with PEER_,
	// RELAY_ or LINK_ belongs to the relay; OFFER, ANSWER, CANDIDATE, NEGOTIATE and
	// BYE belong to the SDK.
	Type string

	// Data is one JSON value, and arrives byte for byte. Send replaces an empty Data by
	// null. To send bytes, encode them as json.Marshal does a []byte: as a base64 string.
	Data []byte
}

// check returns the data to send, or an error if a peer must not send the message.
func (m Message) check() ([]byte, error) {
	if err := protocol.CheckType(m.Type); err != nil {
		return nil, invalid(err.Error())
	}
	if ownType(m.Type) {
		return nil, invalid("messages of the type " + m.Type + " belong to the SDK")
	}
	if len(m.Data) == 0 {
		return []byte("null"), nil
	}
	if err := protocol.Valid(m.Data); err != nil {
		return nil, invalid("the data of the message is not one JSON value: " + err.Error())
	}
	return m.Data, nil
}

// ownType reports whether SDK peers use typ among themselves (PROTOCOL.md, "What
// SDK peers say").
func ownType(typ string) bool {
	switch typ {
	case protocol.TypeOffer, protocol.TypeAnswer, protocol.TypeCandidate, protocol.TypeNegotiate, protocol.TypeBye:
		return true
	}
	return false
}

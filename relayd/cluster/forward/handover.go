package forward

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/access"
	"github.com/sebas642/intercessor/relayd/cluster/home"
	"golang.org/x/crypto/cryptobyte"
)

// Kind says what one node wants of the other. Values are never reused.
type Kind uint8

const (
	Client  Kind = 1 // take over a client's connection
	Server  Kind = 2 // take over a server's connection
	Find    Kind = 3 // say whether the room is here
	GiveUp  Kind = 4 // the room has moved with this order: say whether it is still here
	Who     Kind = 5 // answer, so that the other node learns which instance this is
	Leave   Kind = 6 // the node that asks drains: tell the peers that it has forwarded
	Operate Kind = 7 // an operator's request, in Body
)

// A Handover is what one node hands over to another, or asks it. It never holds an access secret.
type Handover struct {
	Kind Kind
	From home.Instance // the node that sends it; set by this package

	Room  protocol.ID    // in the server's spelling
	Order protocol.Order // of a server's connection; of a client's, Attempt and Random

	// Of a Client and a Server.
	Asked       protocol.ID  // the room as the client asked for it
	Token       string       // the resume token, which the home verifies again; "" for none
	Source      netip.Addr   // the peer's address; the zero Addr if it is unknown
	Subprotocol string       // the one selected, or ""
	Key         string       // Sec-WebSocket-Key
	Host        string       // of the handshake
	Grant       access.Grant // from the access decision
	Early       []byte       // what the peer sent behind its handshake

	Body []byte // of Operate
}

// Versions of a Handover, of the greetings and of the answers. A node understands its own and the one
// before. Version 2 adds the answer ErrNoEntry, and the greeting of a resumed session.
const (
	version = 2
	oldest  = 1
)

const (
	maxName     = 255       // bytes of a node's name
	maxHandover = 192 << 10 // bytes, encoded
)

var errHandover = errors.New("what the other node hands over cannot be read")

// encode returns the Handover in the form of versions 1 and 2. A later version adds fields at the end.
func (h *Handover) encode() ([]byte, error) {
	b := cryptobyte.NewBuilder(nil)
	short := func(s string) { b.AddUint8LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes([]byte(s)) }) }
	long := func(s []byte) { b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(s) }) }
	b.AddUint8(uint8(h.Kind))
	b.AddUint64(h.From.Number)
	short(h.From.Name)
	short(string(h.Room))
	b.AddUint64(h.Order.Generation)
	b.AddUint64(h.Order.Attempt)
	b.AddUint64(h.Order.Random)
	long([]byte(h.Asked))
	long([]byte(h.Token))
	short(string(h.Source.AsSlice()))
	short(h.Subprotocol)
	short(h.Key)
	long([]byte(h.Host))
	long(h.Grant.ServerInfo)
	long(h.Grant.ICEServers)
	long([]byte(h.Grant.Subject))
	b.AddUint64(uint64(h.Grant.Clients))
	b.AddUint64(uint64(h.Grant.PeerMessages))
	b.AddUint64(uint64(h.Grant.PeerBytes))
	long(h.Early)
	long(h.Body)
	encoded, err := b.Bytes()
	if err == nil && len(encoded) > maxHandover {
		err = fmt.Errorf("%d bytes", len(encoded))
	}
	if err != nil {
		return nil, fmt.Errorf("a connection has too much in its handshake to be forwarded: %w", err)
	}
	return encoded, nil
}

// decode parses what encode returns.
func decode(encoded []byte) (*Handover, error) {
	h := new(Handover)
	s := cryptobyte.String(encoded)
	var kind uint8
	var source []byte
	var clients, messages, bytes uint64
	ok := s.ReadUint8(&kind) &&
		s.ReadUint64(&h.From.Number) && readShort(&s, &h.From.Name) &&
		readShort(&s, &h.Room) &&
		s.ReadUint64(&h.Order.Generation) && s.ReadUint64(&h.Order.Attempt) && s.ReadUint64(&h.Order.Random) &&
		readLong(&s, &h.Asked) && readLong(&s, &h.Token) &&
		readShort(&s, &source) && readShort(&s, &h.Subprotocol) && readShort(&s, &h.Key) && readLong(&s, &h.Host) &&
		readLong(&s, &h.Grant.ServerInfo) && readLong(&s, &h.Grant.ICEServers) && readLong(&s, &h.Grant.Subject) &&
		s.ReadUint64(&clients) && s.ReadUint64(&messages) && s.ReadUint64(&bytes) &&
		readLong(&s, &h.Early) && readLong(&s, &h.Body) && s.Empty()
	if !ok {
		return nil, errHandover
	}
	h.Kind = Kind(kind)
	h.Grant.Clients, h.Grant.PeerMessages, h.Grant.PeerBytes = int(clients), int(messages), int64(bytes)
	if len(source) > 0 {
		if h.Source, ok = netip.AddrFromSlice(source); !ok {
			return nil, errHandover
		}
	}
	return h, nil
}

func readShort[T ~string | ~[]byte](s *cryptobyte.String, into *T) bool {
	var part cryptobyte.String
	return s.ReadUint8LengthPrefixed(&part) && keep(part, into)
}

func readLong[T ~string | ~[]byte](s *cryptobyte.String, into *T) bool {
	var part cryptobyte.String
	return s.ReadUint16LengthPrefixed(&part) && keep(part, into)
}

// keep copies a part, so that a session that keeps it does not keep the rest. An empty one is nil.
func keep[T ~string | ~[]byte](part []byte, into *T) bool {
	if len(part) > 0 {
		*into = T(append([]byte(nil), part...))
	}
	return true
}

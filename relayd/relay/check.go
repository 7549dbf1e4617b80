package relay

import (
	"bytes"

	"github.com/sebas642/intercessor/protocol"
)

// A Check looks at a message before it goes to another peer, and gives nil if it may
// (B51). part tells that it is a part of a longer one (L7). It is called from many
// goroutines at once, each of which reads nothing more from its peer meanwhile; what it
// is given is valid only during the call.
type Check func(typ, message []byte, part bool) *Objection

// An Objection is why a message may not pass. It goes to the sender and into the log, so
// nothing that a peer sent may stand in it.
type Objection struct {
	Path    string // a JSON pointer into the operator's schema
	Keyword string
	Close   bool // the sender is closed
}

// SetCheck changes what looks at messages from now on; nil is nothing.
func (r *Relay) SetCheck(check Check) {
	if check == nil {
		r.check.Store(nil)
		return
	}
	r.check.Store(&check)
}

// refuses asks the check, if there is one. What the link says itself is not looked at
// (D10): its messages are null.
func (s *session) refuses(e protocol.Envelope) *Objection {
	check := s.relay.check.Load()
	if check == nil || bytes.HasPrefix(e.Type, []byte("LINK_")) {
		return nil
	}
	return (*check)(e.Type, e.Message, e.Link != nil && isPart(e.Link))
}

// isPart reports whether a link says that its message is a part. Of one that says it twice
// nothing is sure, and its receiver refuses it.
func isPart(link []byte) bool {
	var values [2][]byte
	err := protocol.ScanObject(link, partNames, values[:])
	return err != nil || values[0] != nil || values[1] != nil
}

var partNames = []string{"of", "at"}

// refuse drops a message and tells its v1 sender why, or closes the sender: for a frame of
// a link in any case, because the link would send it again for ever (D10).
func (s *session) refuse(why *Objection, e protocol.Envelope) error {
	s.relay.countDrop(DropRefused, 1)
	if s.v1 {
		u := protocol.Undelivered{To: protocol.ID(e.To), Reason: refused, Path: why.Path, Keyword: why.Keyword}
		_ = s.conn.Send(relayFrame(protocol.TypeRelayUndelivered, protocol.AppendUndelivered(nil, u)), 1, nil)
	}
	if !why.Close && e.Link == nil {
		return nil
	}
	reason := "the relay's operator does not allow this message: " + why.Keyword
	if at := " at #" + why.Path; len(reason)+len(at) <= protocol.MaxReason {
		reason += at
	}
	return &protocol.Error{Code: protocol.CodeRefused, Reason: reason}
}

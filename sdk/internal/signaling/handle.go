package signaling

import (
	"bytes"
	"time"

	"github.com/sebas642/intercessor/protocol"
)

// take takes one frame of the relay. An error ends the session. Messages of the
// relay that this version does not know are ignored: a newer relay may send them (B13).
func (s *Session) take(c *connection, frame []byte) error {
	var d protocol.Delivery
	var err error
	if c.v1 {
		d, err = protocol.ParseDeliveryV1(frame)
	} else {
		d, err = protocol.ParseDelivery(frame)
	}
	if err == nil {
		switch {
		case protocol.ID(d.From) != protocol.RelayID:
			s.deliver(d)
		case c.v1:
			err = s.handleV1(c, string(d.Type), d.Message)
		default:
			err = s.handleBase(string(d.Type), d.Message)
		}
	}
	if _, broken := err.(*protocol.Error); broken {
		return &ProtocolError{Err: err}
	}
	return err
}

func (s *Session) deliver(d protocol.Delivery) {
	e := Event{Kind: Delivered, Peer: protocol.ID(d.From), Type: string(d.Type), Message: d.Message, Link: d.Link}
	s.telling.Lock()
	defer s.telling.Unlock()
	if s.v1 {
		back, isBack, known := s.presence.heard(e.Peer)
		if !known {
			return // it is gone: presence comes before a peer's messages (P2)
		}
		if isBack {
			s.emit(back)
		}
	}
	s.emit(e)
}

func (s *Session) handleBase(typ string, message []byte) error {
	var e Event
	switch typ {
	case protocol.TypePeerJoined:
		e.Kind = Joined
	case protocol.TypePeerGone:
		e.Kind = Gone
	default:
		return nil
	}
	var err error
	if e.Peer, err = protocol.ParsePeer(message); err != nil {
		return err
	}
	s.telling.Lock()
	defer s.telling.Unlock()
	s.emit(e)
	return nil
}

func (s *Session) handleV1(c *connection, typ string, message []byte) error {
	switch typ {
	case protocol.TypePeerJoined, protocol.TypePeerAway, protocol.TypePeerBack, protocol.TypePeerGone:
		p, err := protocol.ParsePresence(message)
		if err == nil {
			s.said(typ, p)
		}
		return err
	case protocol.TypeRelayPresent:
		s.tell(s.presence.present)
		s.rearm()
	case protocol.TypeRelayUndelivered:
		u, err := protocol.ParseUndelivered(message)
		if err != nil {
			return err
		}
		s.tell(func(time.Time) []Event { return []Event{{Kind: Undelivered, Peer: u.To, Reason: u.Reason}} })
	case protocol.TypeRelayToken:
		token, err := protocol.ParseToken(message)
		if err != nil {
			return err
		}
		return s.identity.renew(c.attempt, token)
	case protocol.TypeRelayICE:
		ice, err := protocol.ParseICE(message)
		if err == nil {
			ice.Servers = bytes.Clone(ice.Servers)
			s.mu.Lock()
			s.hello.ICE, s.iceSince = ice, time.Now()
			s.mu.Unlock()
		}
		return err
	case protocol.TypeRelayRestarting:
		r, err := protocol.ParseRestarting(message)
		if err == nil {
			s.restarting(r)
		}
		return err
	case protocol.TypeRelayAnswer:
		a, err := protocol.ParseAnswer(message)
		if err == nil {
			s.mu.Lock()
			s.wishes.answered(a)
			s.mu.Unlock()
		}
		return err
	}
	return nil // RELAY_BEAT among others: that something came is all that it says
}

// said takes what the relay says of a peer. A client that was sent away and slipped in
// is sent away again (P7).
func (s *Session) said(typ string, p protocol.Presence) {
	var slipped *wish
	s.tell(func(now time.Time) []Event {
		e, tell := s.presence.said(now, typ, p)
		if !tell {
			return nil
		}
		if e.Kind == Joined || e.Kind == Back {
			s.mu.Lock()
			slipped = s.wishes.kicked(e.Peer)
			s.mu.Unlock()
		}
		return []Event{e}
	})
	s.rearm()
	if slipped != nil {
		s.again(slipped)
	}
}

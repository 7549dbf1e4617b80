package relay

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/ice"
	"github.com/sebas642/intercessor/relayd/resume"
)

// features are those of HELLO.
var features = fmt.Appendf(nil, "[%s]", protocol.FeatureOutcomes)

// hello sends HELLO, the first message on every connection that has a room (B7). It gives
// a v1 peer the token of the next generation (R5). With the lobby's mu held.
func (s *session) hello() {
	h := protocol.Hello{ID: s.id}
	if !s.server {
		if s.arrival.asked != s.lobby.id {
			h.Room = s.lobby.id
		}
		h.ServerInfo = s.lobby.room.Info()
		if h.ServerInfo == nil {
			h.ServerInfo = s.arrival.grant.ServerInfo
		}
		if h.ServerInfo == nil {
			h.ServerInfo = s.relay.settings.Load().ServerInfo
		}
	}
	if !s.v1 {
		_ = s.conn.Send(relayFrame(protocol.TypeHello, protocol.AppendHello(nil, h)), 1, nil)
		return
	}
	s.generation = s.arrival.order.Generation + 1
	h.Resume = s.token()
	h.Window = int((s.relay.config.Window + time.Second - 1) / time.Second)
	h.Resumed = s.arrival.resumed
	settings := s.relay.settings.Load()
	h.Limits = protocol.Limits{
		Message: protocol.MaxMessage, Delivery: protocol.MaxDelivery, Outbox: s.relay.config.OutboxBytes,
		Rate:      int(cmp.Or(s.arrival.grant.PeerBytes, settings.Limits.PeerBytes)),
		NoStreams: settings.NoStreams,
	}
	if !settings.NoStreams {
		h.Limits.StreamRate = int(settings.Limits.StreamBytes)
	}
	if server := s.lobby.room.Server(); !s.server {
		h.ServerKnown, h.ServerOrder = true, server.Order
		if server.V1 {
			h.Server = protocol.SubprotocolV1
		}
	}
	h.Instance, h.Features = s.relay.instance, features
	if own := s.arrival.grant.ICEServers; own != nil {
		h.ICE.Servers, s.ownICE = own, true
	} else {
		h.ICE = s.iceServers()
	}
	frames := relayFrame(protocol.TypeHello, grease(protocol.AppendHello(nil, h)))
	if shouldGrease() {
		frames = append(frames, relayFrame("RELAY_"+randomName(), []byte(`{"from":"a later version"}`))...)
	}
	_ = s.conn.Send(frames, 1, nil)
	s.greeted.Store(true)
}

// The relay sometimes sends unknown fields and messages, so that a peer that fails on
// those of a later version is found early. TLS does the same (GREASE, RFC 8701).

func shouldGrease() bool { return rand.IntN(8) == 0 }

func grease(hello []byte) []byte {
	if !shouldGrease() {
		return hello
	}
	hello = append(hello[:len(hello)-1], `,"`...)
	hello = append(hello, randomName()...)
	return append(hello, `":[null,{"a":1}]}`...)
}

func randomName() string {
	name := []byte("X????")
	for i := 1; i < len(name); i++ {
		name[i] = byte('A' + rand.IntN(26))
	}
	return string(name)
}

// token returns the token with which this peer resumes. It schedules the next one after a
// third of the token's life.
func (s *session) token() string {
	_, now := s.relay.dates()
	life := resume.Life(s.server)
	s.due.Store(s.relay.conns.Now() + s.relay.conns.Ticks(life/3))
	return s.relay.config.Tokens.Sign(resume.Identity{
		ID:         s.id,
		Room:       s.lobby.id,
		Server:     s.server,
		Generation: s.generation,
		Expires:    now.Add(life),
	})
}

// iceServers returns the ICE servers for the peer, and schedules the next ones for when
// half of their time has passed (I3).
func (s *session) iceServers() (told protocol.ICE) {
	before := s.iceDue.Load()
	due := int64(0)
	if servers := s.relay.settings.Load().ICEServers; servers != nil {
		told = servers.For(ice.Peer{Room: s.lobby.id, ID: s.id, Host: s.reached.Value()}, time.Now())
		if told.ExpiresIn > 0 {
			half := time.Duration(told.ExpiresIn) * time.Second / 2
			due = max(1, s.relay.conns.Now()+s.relay.conns.Ticks(half))
		}
	}
	// Keep the time that a concurrent Reload has set: the peer then gets the new servers.
	s.iceDue.CompareAndSwap(before, due)
	return told
}

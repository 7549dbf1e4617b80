package turn

import (
	"encoding/binary"
	"net"
	"net/netip"
	"time"

	"github.com/pion/stun/v4"
	"github.com/sebas642/intercessor/protocol"
)

const (
	stunHeader    = 20
	channelHeader = 4
	magicCookie   = 0x2112A442

	// Channel data begins with its channel number, from 0x4000 to 0x4FFF (RFC 8656, section 12).
	firstChannel, lastChannel = 0x4000, 0x4FFF

	transportUDP = 17 // of REQUESTED-TRANSPORT
	familyIPv4   = 1  // of REQUESTED-ADDRESS-FAMILY
)

// IsTURN reports whether a TCP connection that begins with these 8 bytes speaks TURN (T1).
func IsTURN(first []byte) bool {
	return len(first) >= 8 && first[0] <= 3 && binary.BigEndian.Uint32(first[4:]) == magicCookie
}

func isChannelData(frame []byte) bool {
	return len(frame) >= channelHeader && frame[0] >= firstChannel>>8 && frame[0] <= lastChannel>>8
}

// A guard decides which frames of one UDP socket or TCP connection reach pion. It answers what
// pion would answer wrongly. The goroutine that reads owns it.
type guard struct {
	server *Server

	// limit counts an unauthenticated request, and limitSigned one that is signed, rightly or not,
	// of a source without an allocation. They return false if there are too many.
	limit, limitSigned func(source netip.Addr) (why reason, ok bool)

	message stun.Message // of the frame
}

// admit reports whether pion may have a frame. If not, answer may have to be sent to its source.
func (g *guard) admit(frame []byte, from flow) (answer []byte, ok bool) {
	switch {
	case isChannelData(frame):
		return nil, g.admitData(frame, from)
	case !IsTURN(frame):
		return g.drop(malformed)
	}
	m := &g.message
	m.Raw = frame
	if len(frame) != stunHeader+int(binary.BigEndian.Uint16(frame[2:])) || m.Decode() != nil {
		return g.drop(malformed)
	}
	switch m.Type.Class {
	case stun.ClassRequest:
		return g.admitRequest(from)
	case stun.ClassIndication:
		if m.Type.Method != stun.MethodSend {
			return g.drop(unexpected)
		}
		if g.server.hub.at(from) == nil {
			return g.drop(noAllocation)
		}
		return nil, true
	}
	return g.drop(unexpected)
}

func (g *guard) drop(why reason) (answer []byte, ok bool) {
	g.server.counts.drop(why)
	return nil, false
}

func (g *guard) admitData(frame []byte, from flow) bool {
	if channelHeader+int(binary.BigEndian.Uint16(frame[2:])) > len(frame) {
		g.server.counts.drop(malformed)
		return false
	}
	if g.server.hub.at(from) == nil {
		g.server.counts.drop(noAllocation)
		return false
	}
	return true
}

func (g *guard) admitRequest(from flow) (answer []byte, ok bool) {
	m := &g.message
	switch m.Type.Method {
	case stun.MethodAllocate, stun.MethodRefresh, stun.MethodCreatePermission, stun.MethodChannelBind:
	case stun.MethodBinding:
		return g.admitLimited(from)
	default:
		return g.drop(unexpected)
	}
	a := g.server.hub.at(from)
	if m.Contains(stun.AttrMessageIntegrity) {
		if why, ok := g.mayCheck(a, from); !ok {
			return g.drop(why)
		}
	}
	c, ok := g.authenticate(from)
	switch {
	case !ok:
		return g.admitLimited(from) // pion answers 400, 401 or 438
	case a == nil:
		return g.admitNew(c, from)
	case a.userID != c.owner():
		return g.refuse(stun.CodeWrongCredentials, c)
	case m.Type.Method == stun.MethodCreatePermission, m.Type.Method == stun.MethodChannelBind:
		return g.admitPeer(a, c)
	}
	return nil, true
}

func (g *guard) admitLimited(from flow) (answer []byte, ok bool) {
	if why, ok := g.limit(from.source.Addr()); !ok {
		return g.drop(why)
	}
	return nil, true
}

// mayCheck counts a request whose signature has to be checked, which costs more than all else. It
// returns false if there are too many of the allocation, or of the source if it has none.
func (g *guard) mayCheck(a *allocation, from flow) (why reason, ok bool) {
	if a == nil {
		return g.limitSigned(from.source.Addr())
	}
	return overNetwork, a.asked.take(g.server.limits.Load().ofNetwork(), g.server.hub.now())
}

// authenticate checks the MESSAGE-INTEGRITY of a request, but not whether its credential has
// expired.
func (g *guard) authenticate(from flow) (c credential, ok bool) {
	username, err := g.message.Get(stun.AttrUsername)
	realm, noRealm := g.message.Get(stun.AttrRealm)
	if err != nil || noRealm != nil || !g.message.Contains(stun.AttrMessageIntegrity) {
		return credential{}, false
	}
	c, ok = g.server.parse(string(username), string(realm), from.source)
	return c, ok && stun.MessageIntegrity(c.key).Check(&g.message) == nil
}

// unknownPeer is why a peer gets no allocation that is at another relay, whose key is the same.
var unknownPeer = []byte("the peer is not at this relay: turn.hosts must name the one where it is")

// admitNew decides on an authenticated request of a source without an allocation.
func (g *guard) admitNew(c credential, from flow) (answer []byte, ok bool) {
	m, now := &g.message, time.Now()
	if m.Type.Method != stun.MethodAllocate {
		// pion would not answer. After a restart the client would try for a long time.
		return g.refuse(stun.CodeAllocMismatch, c)
	}
	if !now.Before(c.expires) {
		return nil, true // pion asks for credentials: 401
	}
	if !g.server.isHere(c.room, c.peer) {
		return g.refuse(stun.CodeForbidden, c, unknownPeer...)
	}
	if m.Contains(stun.AttrEvenPort) || m.Contains(stun.AttrReservationToken) {
		return g.refuse(stun.CodeBadRequest, c)
	}
	transport, err := m.Get(stun.AttrRequestedTransport)
	switch {
	case err != nil || len(transport) != 4:
		return g.refuse(stun.CodeBadRequest, c)
	case transport[0] != transportUDP:
		return g.refuse(stun.CodeUnsupportedTransProto, c)
	}
	family, err := m.Get(stun.AttrRequestedAddressFamily)
	switch {
	case err != nil: // it has none, which means IPv4
	case len(family) != 4:
		return g.refuse(stun.CodeBadRequest, c)
	case family[0] != familyIPv4:
		return g.refuse(stun.CodeAddrFamilyNotSupported, c)
	}
	return nil, true
}

// admitPeer decides on a CreatePermission or ChannelBind of an allocation.
func (g *guard) admitPeer(a *allocation, c credential) (answer []byte, ok bool) {
	m := &g.message
	code := stun.ErrorCode(0)
	err := m.ForEach(stun.AttrXORPeerAddress, func(m *stun.Message) error {
		var peer stun.XORMappedAddress
		if err := peer.GetFromAs(m, stun.AttrXORPeerAddress); err != nil {
			return err
		}
		switch {
		case peer.IP.To4() == nil:
			code = stun.CodePeerAddrFamilyMismatch
		case !peer.IP.Equal(g.server.hub.label):
			code = stun.CodeForbidden
		}
		return nil
	})
	switch {
	case err != nil:
		return g.refuse(stun.CodeBadRequest, c)
	case code != 0:
		return g.refuse(code, c)
	case m.Type.Method == stun.MethodCreatePermission:
		return nil, true
	}
	number, err := m.Get(stun.AttrChannelNumber)
	if err != nil || len(number) != 4 {
		return g.refuse(stun.CodeBadRequest, c)
	}
	channel := binary.BigEndian.Uint16(number)
	switch {
	case channel < firstChannel || channel > lastChannel:
		return g.refuse(stun.CodeBadRequest, c)
	case !g.server.hub.mayBind(a, channel):
		return g.refuse(stun.CodeInsufficientCapacity, c)
	}
	return nil, true
}

// refuse returns an error answer to an authenticated request. Its reason, if there is one, is the
// text of the error that programs and pages get.
func (g *guard) refuse(code stun.ErrorCode, c credential, reason ...byte) (answer []byte, ok bool) {
	m, err := stun.Build(&stun.Message{TransactionID: g.message.TransactionID},
		stun.NewType(g.message.Type.Method, stun.ClassErrorResponse),
		&stun.ErrorCodeAttribute{Code: code, Reason: reason}, stun.MessageIntegrity(c.key))
	if err != nil {
		return nil, false
	}
	return m.Raw, false
}

// isHere reports whether a peer is present or away at this relay.
func (s *Server) isHere(room, peer protocol.ID) bool {
	owner := s.hub.peers.Find(room, peer)
	return owner != nil && owner.Here()
}

// sourceOf returns the address of a client. It is invalid for other networks than UDP and TCP.
func sourceOf(a net.Addr) netip.AddrPort {
	var source netip.AddrPort
	switch a := a.(type) {
	case *net.UDPAddr:
		source = a.AddrPort()
	case *net.TCPAddr:
		source = a.AddrPort()
	}
	return netip.AddrPortFrom(source.Addr().Unmap(), source.Port())
}

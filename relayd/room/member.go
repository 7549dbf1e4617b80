package room

import (
	"net/netip"

	"github.com/sebas642/intercessor/protocol"
)

// A Member is a peer's place in a room. It outlives the peer's connections.
type Member[M comparable] struct {
	// Written by the Room only.
	ID    protocol.ID
	Order protocol.Order // of the newest connection seen (R5)
	Conn  M              // the newest connection; the zero M while the member is not Present
	V1    bool

	// Written by the caller only: the source of a client's newest connection, and the
	// subject of its access token.
	Source  netip.Addr
	Subject string

	state  state
	told   state // of a client: the state that its server was last told
	queued bool  // of a client: its server has news of it to come
	listed bool  // of a client: it is in the room's news
	stale  bool  // of a client: it has news of its server to come
	hinted bool  // a sender was told that this member is away; of a client: or this client that its server is

	reason string // why it is gone
	until  int64  // when being away ends
}

type state uint8

const (
	unknown state = iota
	present
	away
	gone
)

// Present reports whether the member is connected.
func (m *Member[M]) Present() bool { return m.state == present }

// Away reports whether the member may come back.
func (m *Member[M]) Away() bool { return m.state == away }

// Has reports whether conn is the member's connection.
func (m *Member[M]) Has(conn M) bool { return m.state == present && m.Conn == conn }

// An End is how a connection ended (R9).
type End struct {
	Away   bool   // the peer may come back
	Wait   int64  // if Away: for how many milliseconds the room waits
	Reason string // if not Away: why the peer is gone (P6)
}

// Left is the end of a peer that has left (R9).
func Left() End { return End{Reason: "left"} }

// take makes a connection the member's own.
func (m *Member[M]) take(order protocol.Order, v1 bool, conn M) {
	m.Order, m.V1, m.Conn = order, v1, conn
	m.state, m.hinted = present, false
}

// leave ends the member's connection.
func (m *Member[M]) leave(end End, now int64) {
	var none M
	m.Conn = none
	m.hinted = false
	if end.Away {
		m.state, m.until = away, now+end.Wait
	} else {
		m.state, m.reason = gone, end.Reason
	}
}

// Hint reports whether a failed message to the member is the first of this absence (D3).
func (m *Member[M]) Hint() bool {
	first := !m.hinted
	m.hinted = true
	return first
}

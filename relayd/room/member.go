package room

import (
	"net/netip"

	"github.com/sebas642/intercessor/protocol"
)

// A Member is one peer's place in a room, which outlives its connections.
type Member[M comparable] struct {
	// Owned by the Room; read-only for everybody else.
	ID    protocol.ID
	Order protocol.Order // of the newest connection that was seen (R5)
	Conn  M              // the newest connection; nobody's while the member is not Present
	V1    bool

	// The caller's: where a client's newest connection came from, and the subject of its
	// access token.
	Source  netip.Addr
	Subject string

	state  state
	told   state // a client: what its server was last told of it
	queued bool  // a client: its server is to be told something
	listed bool  // a client: it stands in the room's news
	stale  bool  // a client: it is to be told something of its server
	hinted bool  // who reaches for it was told that it is away; a client: or that its server is

	reason string // why it is gone
	until  int64  // when that is over
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

// Has reports whether the connection is the member's.
func (m *Member[M]) Has(conn M) bool { return m.state == present && m.Conn == conn }

// An End is how a connection ended (R9).
type End struct {
	Away   bool   // the peer may be back
	Wait   int64  // Away: how many milliseconds it is waited for
	Reason string // not Away: why it is gone (P6)
}

// Left is the end of a peer that said goodbye (R9).
func Left() End { return End{Reason: "left"} }

// take makes a connection the member's own.
func (m *Member[M]) take(order protocol.Order, v1 bool, conn M) {
	m.Order, m.V1, m.Conn = order, v1, conn
	m.state, m.hinted = present, false
}

// leave ends the member's connection.
func (m *Member[M]) leave(end End, now int64) {
	var nobody M
	m.Conn = nobody
	m.hinted = false
	if end.Away {
		m.state, m.until = away, now+end.Wait
	} else {
		m.state, m.reason = gone, end.Reason
	}
}

// Hint reports, once for each absence, that somebody reached for the member in
// vain (D3).
func (m *Member[M]) Hint() bool {
	first := !m.hinted
	m.hinted = true
	return first
}

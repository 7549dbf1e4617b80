package doctor

import (
	"bytes"
	"context"
	"net"
	"net/netip"
	"time"

	"github.com/pion/stun/v4"
)

// An allocation is one at a TURN server (RFC 8656). It has no goroutine: it reads when it waits
// for an answer or a packet. It sends and receives with indications, without channels.
type allocation struct {
	conn     net.Conn
	stream   bool // frames follow each other without bounds: TCP or TLS
	auth     []stun.Setter
	relayed  stun.XORMappedAddress
	username string
	password string
	packets  [][]byte // came while an answer was awaited
}

var requestedUDP = stun.RawAttribute{Type: stun.AttrRequestedTransport, Value: []byte{17, 0, 0, 0}}

// allocate makes an allocation over a connection, which it closes if it fails.
func allocate(ctx context.Context, conn net.Conn, stream bool, username, password string) (*allocation, error) {
	a := &allocation{conn: conn, stream: stream, username: username, password: password}
	answer, err := a.request(ctx, stun.MethodAllocate, requestedUDP)
	if err == nil {
		err = a.relayed.GetFromAs(answer, stun.AttrXORRelayedAddress)
	}
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	return a, nil
}

// address returns the relayed address, without its port.
func (a *allocation) address() netip.Addr {
	address, _ := netip.AddrFromSlice(a.relayed.IP)
	return address.Unmap()
}

// keep stores the packet of a data indication.
func (a *allocation) keep(m *stun.Message) {
	const most = 16
	if m.Type != stun.NewType(stun.MethodData, stun.ClassIndication) || len(a.packets) == most {
		return
	}
	if data, err := m.Get(stun.AttrData); err == nil {
		a.packets = append(a.packets, data)
	}
}

// permit lets another allocation send to this one.
func (a *allocation) permit(ctx context.Context, other *allocation) error {
	_, err := a.request(ctx, stun.MethodCreatePermission, peerAddress(other.relayed))
	return err
}

// peerAddress adds XOR-PEER-ADDRESS.
type peerAddress stun.XORMappedAddress

func (p peerAddress) AddTo(m *stun.Message) error {
	return stun.XORMappedAddress(p).AddToAs(m, stun.AttrXORPeerAddress)
}

// send sends a packet to another allocation.
func (a *allocation) send(other *allocation, packet []byte) error {
	message, err := stun.Build(stun.TransactionID, stun.NewType(stun.MethodSend, stun.ClassIndication),
		peerAddress(other.relayed), stun.RawAttribute{Type: stun.AttrData, Value: packet})
	if err != nil {
		return err
	}
	if err := a.conn.SetWriteDeadline(time.Now().Add(answerWithin)); err != nil {
		return err
	}
	_, err = a.conn.Write(message.Raw)
	return err
}

// receive waits for a packet, until a time.
func (a *allocation) receive(packet []byte, by time.Time) error {
	for {
		for i, came := range a.packets {
			if bytes.Equal(came, packet) {
				a.packets = append(a.packets[:i], a.packets[i+1:]...)
				return nil
			}
		}
		a.packets = a.packets[:0] // of earlier tries
		message, err := a.read(by)
		if err != nil {
			return err
		}
		a.keep(message)
	}
}

// close ends the allocation, as far as the server hears it.
func (a *allocation) close() {
	refresh, err := stun.Build(append(append([]stun.Setter{stun.TransactionID, stun.NewType(stun.MethodRefresh, stun.ClassRequest),
		stun.RawAttribute{Type: stun.AttrLifetime, Value: make([]byte, 4)}}, a.auth...), stun.Fingerprint)...)
	if err == nil && a.conn.SetWriteDeadline(time.Now().Add(time.Second)) == nil {
		_, _ = a.conn.Write(refresh.Raw)
	}
	_ = a.conn.Close()
}

//go:build linux

package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"

	"github.com/pion/stun/v4"
	pion "github.com/pion/turn/v5"
)

const (
	maxSize = 1500
	header  = 4 // of channel data
	channel = 0x4000

	// patience is how long a client waits for a packet before it takes all for lost.
	patience = 200 * time.Millisecond
)

// A client has an allocation and a channel to that of another client.
type client struct {
	*net.UDPConn
	label *net.UDPAddr
}

// pairs are clients that send to each other.
type pairs [][2]client

func (p pairs) close() {
	for _, pair := range p {
		for _, c := range pair {
			if c.UDPConn != nil {
				c.Close()
			}
		}
	}
}

// open makes the allocations at a server.
func (l *load) open(t *target) pairs {
	all := make(pairs, l.pairs)
	for i := range all {
		var sessions [2]*session
		for side := range all[i] {
			conn, err := net.DialUDP("udp4", nil, t.address)
			l.Check(err)
			all[i][side].UDPConn = conn
			sessions[side] = &session{target: t, conn: conn}
			all[i][side].label, err = sessions[side].allocate()
			l.Check(err)
		}
		for side, s := range sessions {
			l.Check(s.bind(all[i][1-side].label))
		}
	}
	return all
}

// exchange keeps a window of packets of each pair under way. It returns the CPU time of the server
// and the packets that it relayed.
func (p pairs) exchange(l *load, t *target) (cpu time.Duration, relayed, lost int64) {
	before := l.CPUTime(t.pid)
	end := time.Now().Add(l.during)
	var clients sync.WaitGroup
	var mu sync.Mutex
	var failure error
	for _, pair := range p {
		clients.Go(func() {
			n, gone, err := pingPong(pair, l.window, l.size, end)
			mu.Lock()
			defer mu.Unlock()
			relayed, lost, failure = relayed+n, lost+gone, errors.Join(failure, err)
		})
	}
	clients.Wait()
	l.Check(failure)
	return l.CPUTime(t.pid) - before, relayed, lost
}

// pingPong exchanges packets until the end.
func pingPong(pair [2]client, window, size int, end time.Time) (relayed, lost int64, err error) {
	frame := binary.BigEndian.AppendUint16(nil, channel)
	frame = binary.BigEndian.AppendUint16(frame, uint16(size))
	frame = append(frame, make([]byte, (size+3)&^3)...)
	buffer := make([]byte, 2*maxSize)
	for {
		for range window {
			if _, err := pair[0].Write(frame); err != nil {
				return relayed, lost, err
			}
		}
		for _, receiver := range []int{1, 0} {
			for i := range window {
				pair[receiver].SetReadDeadline(time.Now().Add(patience))
				n, err := pair[receiver].Read(buffer)
				if errors.Is(err, os.ErrDeadlineExceeded) {
					lost += int64(window - i)
					break
				}
				if err != nil {
					return relayed, lost, err
				}
				if n < header+size {
					return relayed, lost, fmt.Errorf("a packet of %d bytes came back with %d", header+size, n)
				}
				relayed++
				if receiver == 1 {
					if _, err := pair[1].Write(frame); err != nil {
						return relayed, lost, err
					}
				}
			}
		}
		if time.Now().After(end) {
			return relayed, lost, nil
		}
	}
}

// A session is a client while it sets up its allocation.
type session struct {
	*target
	conn         *net.UDPConn
	realm, nonce string
}

// ask sends a request and returns its answer.
func ask(conn *net.UDPConn, request *stun.Message) (*stun.Message, error) {
	if _, err := conn.Write(request.Raw); err != nil {
		return nil, err
	}
	conn.SetReadDeadline(time.Now().Add(5 * time.Second))
	buffer := make([]byte, 2*maxSize)
	n, err := conn.Read(buffer)
	if err != nil {
		return nil, err
	}
	answer := &stun.Message{Raw: buffer[:n]}
	return answer, answer.Decode()
}

// request asks for something with the session's credential, if the server has given a nonce.
func (s *session) request(method stun.Method, attributes ...stun.Setter) (*stun.Message, error) {
	setters := append([]stun.Setter{stun.TransactionID, stun.NewType(method, stun.ClassRequest)}, attributes...)
	if s.nonce != "" {
		setters = append(setters, stun.NewUsername(s.username), stun.NewRealm(s.realm), stun.NewNonce(s.nonce),
			stun.MessageIntegrity(pion.GenerateAuthKey(s.username, s.realm, s.password)))
	}
	message, err := stun.Build(setters...)
	if err != nil {
		return nil, err
	}
	return ask(s.conn, message)
}

func (s *session) allocate() (*net.UDPAddr, error) {
	udp := &stun.RawAttribute{Type: stun.AttrRequestedTransport, Value: []byte{17, 0, 0, 0}}
	answer, err := s.request(stun.MethodAllocate, udp)
	if err != nil {
		return nil, err
	}
	nonce, err := answer.Get(stun.AttrNonce)
	if err != nil {
		return nil, fmt.Errorf("%s gives no nonce: %w", s.name, err)
	}
	realm, err := answer.Get(stun.AttrRealm)
	if err != nil {
		return nil, fmt.Errorf("%s gives no realm: %w", s.name, err)
	}
	s.realm, s.nonce = string(realm), string(nonce)
	if answer, err = s.request(stun.MethodAllocate, udp); err != nil {
		return nil, err
	}
	var label stun.XORMappedAddress
	if err := label.GetFromAs(answer, stun.AttrXORRelayedAddress); err != nil {
		return nil, fmt.Errorf("%s does not allocate: %v: %w", s.name, answer, err)
	}
	return &net.UDPAddr{IP: label.IP, Port: label.Port}, nil
}

func (s *session) bind(to *net.UDPAddr) error {
	answer, err := s.request(stun.MethodChannelBind,
		&stun.RawAttribute{Type: stun.AttrChannelNumber, Value: binary.BigEndian.AppendUint32(nil, channel<<16)}, peerAddress{to.IP, to.Port})
	if err == nil && answer.Type.Class != stun.ClassSuccessResponse {
		err = fmt.Errorf("%s does not bind a channel: %v", s.name, answer)
	}
	return err
}

type peerAddress stun.XORMappedAddress

func (a peerAddress) AddTo(m *stun.Message) error {
	return stun.XORMappedAddress(a).AddToAs(m, stun.AttrXORPeerAddress)
}

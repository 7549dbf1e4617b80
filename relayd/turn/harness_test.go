package turn_test

import (
	"crypto/tls"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/logging"
	pion "github.com/pion/turn/v5"
	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/turn"
	"github.com/stretchr/testify/require"
)

const within = 2 * time.Minute

var firstKey = turn.Key{Name: "k1", Secret: []byte("0123456789abcdef")}

// A roster is the peers of a relay.
type roster struct {
	mu    sync.Mutex
	peers map[string]*peer
}

// A peer is one stay of a peer in a room.
type peer struct {
	room, id protocol.ID
	server   bool
	gone     atomic.Bool
	clients  atomic.Int32
}

func (p *peer) Room() any    { return p.room }
func (p *peer) Server() bool { return p.server }
func (p *peer) Here() bool   { return !p.gone.Load() }
func (p *peer) Clients() int { return int(p.clients.Load()) }

func (r *roster) Find(room, id protocol.ID) turn.Peer {
	r.mu.Lock()
	defer r.mu.Unlock()
	if p := r.peers[string(room+":"+id)]; p != nil && p.Here() {
		return p
	}
	return nil
}

// add adds a peer. The ID of a server is the room's.
func (r *roster) add(room, id protocol.ID) *peer {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := &peer{room: room, id: id, server: room == id}
	r.peers[string(room+":"+id)] = p
	return p
}

// A relay is a Server on sockets of the loopback interface, with the peers of a roster.
type relay struct {
	*turn.Server
	*roster
	t        testing.TB
	udp      net.PacketConn
	tcp, tls net.Listener
}

func start(t testing.TB, change func(*turn.Config)) *relay {
	t.Helper()
	r := &relay{roster: &roster{peers: make(map[string]*peer)}, t: t}
	config := turn.Config{Keys: []turn.Key{firstKey}, Peers: r.roster}
	if change != nil {
		change(&config)
	}
	var err error
	r.Server, err = turn.New(config)
	require.NoError(t, err)
	t.Cleanup(r.Close)
	r.udp, err = net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	r.ServePacket(r.udp)
	r.tcp = r.listen(func(c net.Conn) net.Conn { return c })
	r.tls = r.listen(func(c net.Conn) net.Conn {
		return tls.Server(c, &tls.Config{Certificates: []tls.Certificate{certificate}})
	})
	return r
}

// listen serves a TCP listener until the end of the test.
func (r *relay) listen(wrap func(net.Conn) net.Conn) net.Listener {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(r.t, err)
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			c.(*net.TCPConn).SetWriteBuffer(16 << 10) // so that a test can fill it
			r.ServeConn(wrap(c))
		}
	})
	r.t.Cleanup(func() { l.Close(); serving.Wait() })
	return l
}

// A client is a TURN client of pion with an allocation.
type client struct {
	net.PacketConn // the allocation
	pion           *pion.Client
	socket         net.PacketConn
	t              testing.TB
}

// dial opens the socket of a client over UDP.
func (r *relay) dial() net.PacketConn {
	r.t.Helper()
	host, _, _ := net.SplitHostPort(r.udp.LocalAddr().String())
	socket, err := net.ListenPacket("udp", net.JoinHostPort(host, "0"))
	require.NoError(r.t, err)
	r.t.Cleanup(func() { socket.Close() })
	return socket
}

// connect connects over "tcp" or "tls".
func (r *relay) connect(network string) (conn net.Conn) {
	r.t.Helper()
	var err error
	if network == "tcp" {
		conn, err = net.Dial("tcp", r.tcp.Addr().String())
	} else {
		conn, err = tls.Dial("tcp", r.tls.Addr().String(), &tls.Config{InsecureSkipVerify: true})
	}
	require.NoError(r.t, err)
	r.t.Cleanup(func() { conn.Close() })
	return conn
}

// tryAllocate makes an allocation with a credential.
func (r *relay) tryAllocate(network, username, password string) (*client, error) {
	r.t.Helper()
	c := &client{t: r.t}
	if network == "udp" {
		c.socket = r.dial()
	} else {
		c.socket = pion.NewSTUNConn(r.connect(network))
	}
	server := r.udp.LocalAddr().String()
	var err error
	c.pion, err = pion.NewClient(&pion.ClientConfig{
		STUNServerAddr: server, TURNServerAddr: server, Conn: c.socket,
		Username: username, Password: password, LoggerFactory: silent{},
	})
	require.NoError(r.t, err)
	require.NoError(r.t, c.pion.Listen())
	r.t.Cleanup(c.pion.Close)
	c.PacketConn, err = c.pion.Allocate()
	if err == nil {
		r.t.Cleanup(func() { c.PacketConn.Close() })
	}
	return c, err
}

// allocate makes an allocation of a peer.
func (r *relay) allocate(network string, p *peer) *client {
	r.t.Helper()
	username, password := r.Credential(p.room, p.id, time.Now().Add(time.Hour))
	c, err := r.tryAllocate(network, username, password)
	require.NoError(r.t, err)
	return c
}

// permit lets the other client send to c.
func (c *client) permit(other *client) {
	c.t.Helper()
	require.NoError(c.t, c.pion.CreatePermission(other.LocalAddr()))
}

// send sends to the label of another client.
func (c *client) send(to *client, data string) {
	c.t.Helper()
	_, err := c.WriteTo([]byte(data), to.LocalAddr())
	require.NoError(c.t, err)
}

// receive returns the next packet and the label that it came from.
func (c *client) receive() (data string, from string) {
	c.t.Helper()
	require.NoError(c.t, c.SetReadDeadline(time.Now().Add(within)))
	buffer := make([]byte, 2000)
	n, addr, err := c.ReadFrom(buffer)
	require.NoError(c.t, err)
	return string(buffer[:n]), addr.String()
}

// silent is a pion logger that says nothing.
type silent struct{}

func (silent) NewLogger(string) logging.LeveledLogger { return quietLogger }

var quietLogger = logging.NewDefaultLeveledLoggerForScope("", logging.LogLevelDisabled, nil)

// dropped waits until a number of packets were dropped for a reason.
func (r *relay) dropped(reason string, n int) {
	r.t.Helper()
	require.Eventually(r.t, func() bool { return r.Stats().Dropped[reason] == uint64(n) }, within, time.Millisecond,
		"%v", r.Stats().Dropped)
}

// allocations waits until the server has a number of allocations.
func (r *relay) allocations(n int) {
	r.t.Helper()
	require.Eventually(r.t, func() bool { return r.Stats().Allocations == n }, within, time.Millisecond)
}

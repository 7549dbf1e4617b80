// Package turn is the STUN and TURN server of a relay, on the relay's own ports (RFC 8489, RFC
// 8656). A relayed transport address is a label: allocations exchange packets in memory, only
// between the peers of one room, and nothing else on the operator's network can be reached. pion
// speaks the protocol. In front of it stands a guard, behind it a hub.
package turn

import (
	"cmp"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/stun/v4"
	pion "github.com/pion/turn/v5"
	"github.com/sebas642/intercessor/protocol"
)

// Config is what a Server needs. Peers and Keys are required.
type Config struct {
	// Label is the address of all relayed transport addresses. It has to be of 192.0.2.0/24,
	// 198.51.100.0/24 or 203.0.113.0/24, which no host has (RFC 5737). The default is 192.0.2.1.
	Label netip.Addr

	Keys   Keys
	Peers  Peers
	Limits Limits

	// Log is told about errors of sockets. The default is slog.Default().
	Log *slog.Logger
}

// Peers are the peers of the relay. Find may be called by any number of goroutines, and returns nil
// unless the peer is present or away at this relay.
type Peers interface {
	Find(room, peer protocol.ID) Peer
}

// A Peer is one stay of a peer at the relay. Two Peers are equal while it is the same stay. Its
// methods may be called by any number of goroutines. They must not block, nor call the Server.
type Peer interface {
	// Room is comparable, and the same for all peers of one room.
	Room() any

	// Server reports whether the peer is the server of its room.
	Server() bool

	// Here reports whether the peer is present or away at this relay. It is asked once a second
	// while the peer has an allocation. When it is false, the allocations end.
	Here() bool

	// Clients is how many clients are present in the room of a server.
	Clients() int
}

// A Server is a STUN and TURN server. Its methods may be called by any number of goroutines.
type Server struct {
	keys   Keys
	log    *slog.Logger
	limits atomic.Pointer[Limits]
	counts counters

	hub         *hub
	connections *connections
	requests    *requests   // unauthenticated ones
	signed      *requests   // those with a signature, of sources without an allocation
	bare        sharedMeter // those of TCP connections without an allocation
	challenge   challenge

	mu      sync.Mutex
	servers []*pion.Server // one for TCP, one for each UDP socket
	closed  bool

	stop    chan struct{}  // closed to end the sweep
	running sync.WaitGroup // the sweep, UDP sockets, TCP connections
}

// sweepEvery is how often the server looks for owners that are gone.
const sweepEvery = time.Second

// New returns a server that serves no socket yet. Close ends it.
func New(config Config) (*Server, error) {
	if !config.Label.IsValid() {
		config.Label = netip.AddrFrom4([4]byte{192, 0, 2, 1})
	}
	if err := config.validate(); err != nil {
		return nil, err
	}
	s := &Server{
		keys:        config.Keys,
		log:         cmp.Or(config.Log, slog.Default()),
		connections: newConnections(),
		requests:    newRequests(),
		signed:      newRequests(),
		challenge:   newChallenge(),
		stop:        make(chan struct{}),
	}
	s.SetLimits(config.Limits)
	s.hub = newHub(config, &s.limits, &s.counts)
	if err := s.start(pion.ServerConfig{ListenerConfigs: []pion.ListenerConfig{{
		Listener: s.connections, RelayAddressGenerator: s.hub, PermissionHandler: s.permit,
	}}}); err != nil {
		return nil, err
	}
	s.running.Go(s.sweep)
	return s, nil
}

func (c *Config) validate() error {
	switch {
	case !protocol.IsLabel(c.Label.String()):
		return errors.New("the label of TURN must be an address of 192.0.2.0/24, 198.51.100.0/24 or 203.0.113.0/24")
	case len(c.Keys) == 0 || len(c.Keys) > 2:
		return errors.New("TURN needs one or two keys")
	case len(c.Keys) == 2 && c.Keys[0].Name == c.Keys[1].Name:
		return errors.New("the keys of TURN must have different names")
	case c.Peers == nil:
		return errors.New("TURN needs peers")
	}
	for _, key := range c.Keys {
		if key.Name == "" || strings.Contains(key.Name, ":") || len(key.Secret) == 0 {
			return errors.New("a key of TURN must have a secret, and a name without colons")
		}
	}
	return nil
}

// SetLimits changes the limits at once. Allocations and connections that exist stay.
func (s *Server) SetLimits(l Limits) { s.limits.Store(l.withDefaults()) }

// ServePacket serves a UDP socket, and closes it at the end. It returns at once.
func (s *Server) ServePacket(socket net.PacketConn) {
	p := s.newPacketConn(socket)
	if err := s.start(pion.ServerConfig{PacketConnConfigs: []pion.PacketConnConfig{{
		PacketConn: p, RelayAddressGenerator: s.hub, PermissionHandler: s.permit,
	}}}); err != nil {
		if !errors.Is(err, net.ErrClosed) {
			s.log.Error("cannot serve TURN over UDP", "error", err)
		}
		socket.Close()
	}
}

// start starts one of pion's servers.
func (s *Server) start(config pion.ServerConfig) error {
	config.Realm = anyRealm
	config.StrictAddressFamily = true
	config.InboundMTU = maxFrame + 1
	config.LoggerFactory = quiet{}
	config.AuthHandler = s.authenticate
	config.QuotaHandler = func(owner, _ string, _ net.Addr) bool {
		peer := s.hub.peers.Find(parseOwner(owner))
		return peer != nil && s.hub.makeSpace(peer)
	}
	config.EventHandler = s.events()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return net.ErrClosed
	}
	server, err := pion.NewServer(config)
	if err != nil {
		return err
	}
	s.running.Add(len(config.PacketConnConfigs))
	s.servers = append(s.servers, server)
	return nil
}

// authenticate is pion's AuthHandler. Only Allocate looks at the expiry of a credential (T4).
func (s *Server) authenticate(r *pion.RequestAttributes) (owner string, key []byte, ok bool) {
	c, ok := s.parse(r.Username, r.Realm, sourceOf(r.SrcAddr))
	if !ok || r.Method == stun.MethodAllocate && !time.Now().Before(c.expires) {
		return "", nil, false
	}
	return c.owner(), c.key, true
}

// permit is pion's PermissionHandler: a client may send to labels only.
func (s *Server) permit(_ net.Addr, peer net.IP) bool { return peer.Equal(s.hub.label) }

func (s *Server) events() pion.EventHandler {
	return pion.EventHandler{
		OnAllocationCreated: func(source, local net.Addr, _, owner, _ string, label net.Addr, _ int) {
			var end func()
			if c := s.connections.at(local); c != nil {
				end = c.end
			}
			s.hub.bind(label, owner, flow{sourceOf(source), local}, end)
		},
		OnPermissionCreated: func(_, _ net.Addr, _, _, _ string, label net.Addr, _ net.IP) { s.hub.permit(label, true) },
		OnPermissionDeleted: func(_, _ net.Addr, _, _, _ string, label net.Addr, _ net.IP) { s.hub.permit(label, false) },
		OnChannelCreated: func(_, _ net.Addr, _, _, _ string, label, _ net.Addr, channel uint16) {
			s.hub.setChannel(label, channel, true)
		},
		OnChannelDeleted: func(_, _ net.Addr, _, _, _ string, label, _ net.Addr, channel uint16) {
			s.hub.setChannel(label, channel, false)
		},
	}
}

func (s *Server) sweep() {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			s.hub.sweep()
			s.connections.sweep(s.hub)
		case <-s.stop:
			return
		}
	}
}

// Close closes all sockets and connections, and waits for all goroutines. It may take as long as a
// TLS connection takes to say that it closes: 5 s.
func (s *Server) Close() {
	s.mu.Lock()
	servers := s.servers
	first := !s.closed
	s.closed = true
	s.mu.Unlock()
	if first {
		close(s.stop)
		for _, server := range servers {
			server.Close()
		}
	}
	s.running.Wait()
	s.hub.running.Wait()
}

package turn

import (
	"errors"
	"maps"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	pion "github.com/pion/turn/v5"
	"github.com/sebas642/intercessor/relayd/quota"
)

const (
	// idleFor is how long an allocation has to be idle before another one may replace it. A path in
	// use carries checks more often (RFC 7675).
	idleFor = 30 * time.Second

	// lowestPort is the lowest port of a label (T2).
	lowestPort = 1024

	// maxChannels is how many channels an allocation may bind. pion searches them one by one.
	maxChannels = 64
)

// A hub connects allocations in memory (T2). It makes the labels, and decides which packet goes
// where. It is a pion.RelayAddressGenerator.
//
// No method of a Peer is called with mu held.
type hub struct {
	peers  Peers
	label  net.IP
	limits *atomic.Pointer[Limits]
	counts *counters
	begun  time.Time

	mu     sync.RWMutex
	ports  map[uint16]*allocation
	flows  map[flow]*allocation
	owners map[Peer][]*allocation // the oldest first
	rooms  map[any]*roomUse

	queued atomic.Int64 // bytes of memory in all queues

	meters sync.Mutex // guards all meters of bytes
	all    fairMeter

	running sync.WaitGroup // two for each allocation: pion reads from it, and has not closed it
}

// A roomUse is what the allocations of one room share.
type roomUse struct {
	allocations int         // guarded by hub.mu
	meter       quota.Meter // guarded by hub.meters, as share
	share       share
}

func newHub(config Config, limits *atomic.Pointer[Limits], counts *counters) *hub {
	return &hub{
		peers:  config.Peers,
		label:  config.Label.AsSlice(),
		limits: limits,
		counts: counts,
		begun:  time.Now(),
		ports:  make(map[uint16]*allocation),
		flows:  make(map[flow]*allocation),
		owners: make(map[Peer][]*allocation),
		rooms:  make(map[any]*roomUse),
	}
}

func (h *hub) now() time.Duration { return time.Since(h.begun) }

func (h *hub) count() int {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return len(h.ports)
}

// waitUntil waits for a time, or for the millisecond before it: a timer costs as much as a packet.
func (h *hub) waitUntil(due time.Duration) {
	if wait := due - h.now(); wait > time.Millisecond {
		time.Sleep(wait)
	}
}

// at returns the allocation of a flow, or nil.
func (h *hub) at(f flow) *allocation {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.flows[f]
}

var (
	errGone     = errors.New("the owner has left")
	errCapacity = errors.New("too many allocations")
	errNoTCP    = errors.New("there are no TCP allocations")
)

func (h *hub) Validate() error { return nil }

// AllocatePacketConn makes an allocation with a random label.
func (h *hub) AllocatePacketConn(config pion.AllocateListenerConfig) (net.PacketConn, net.Addr, error) {
	owner := h.peers.Find(parseOwner(config.UserID))
	if owner == nil {
		return nil, nil, errGone
	}
	a := &allocation{hub: h, owner: owner, room: owner.Room(), server: owner.Server(), created: h.now()}
	a.queue.ready.L, a.queue.all = &a.queue.mu, &h.queued
	limits := h.limits.Load()
	most := mostOf(owner, limits)
	h.mu.Lock()
	defer h.mu.Unlock()
	a.shared = h.rooms[a.room]
	// Two TCP connections of an owner can pass makeSpace at once.
	if len(h.ports) >= limits.Allocations || len(h.owners[owner]) >= most || a.shared != nil && a.shared.allocations >= limits.ofRoom() {
		return nil, nil, errCapacity
	}
	port := h.freePort()
	a.label = &net.UDPAddr{IP: h.label, Port: int(port)}
	if a.shared == nil {
		a.shared = new(roomUse)
		h.rooms[a.room] = a.shared
	}
	a.shared.allocations++
	h.ports[port] = a
	h.owners[owner] = append(h.owners[owner], a)
	h.running.Add(2) // until pion stops reading, and until it closes the allocation
	return a, a.label, nil
}

// labelled returns the allocation whose label is the pointer that AllocatePacketConn returned, or
// nil. With mu held.
func (h *hub) labelled(label net.Addr) *allocation {
	u, ok := label.(*net.UDPAddr)
	if !ok {
		return nil
	}
	if a := h.ports[uint16(u.Port)]; a != nil && a.label == u {
		return a
	}
	return nil
}

// bind tells whose packets a new allocation is for. end ends its TCP connection.
func (h *hub) bind(label net.Addr, userID string, f flow, end func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if a := h.labelled(label); a != nil {
		a.userID, a.flow, a.end = userID, f, end
		h.flows[f] = a
	}
}

// permit tells whether an allocation has a permission for the labels' address.
func (h *hub) permit(label net.Addr, permitted bool) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	if a := h.labelled(label); a != nil {
		a.permitted.Store(permitted)
	}
}

// setChannel tells that an allocation has bound a channel, or that the binding has expired.
func (h *hub) setChannel(label net.Addr, channel uint16, bound bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	a := h.labelled(label)
	switch {
	case a == nil:
	case !bound:
		delete(a.channels, channel)
	default:
		if a.channels == nil {
			a.channels = make(map[uint16]struct{})
		}
		a.channels[channel] = struct{}{}
	}
}

// mayBind reports whether an allocation may bind or refresh a channel.
func (h *hub) mayBind(a *allocation, channel uint16) bool {
	h.mu.RLock()
	defer h.mu.RUnlock()
	_, bound := a.channels[channel]
	return bound || len(a.channels) < maxChannels
}

func (h *hub) AllocateListener(pion.AllocateListenerConfig) (net.Listener, net.Addr, error) {
	return nil, nil, errNoTCP
}

func (h *hub) AllocateConn(pion.AllocateConnConfig) (net.Conn, error) { return nil, errNoTCP }

// freePort returns the port of no allocation. Limits.Allocations is far below the number of ports.
// With mu held.
func (h *hub) freePort() uint16 {
	for {
		port := uint16(lowestPort + rand.N(1<<16-lowestPort))
		if h.ports[port] == nil {
			return port
		}
	}
}

func mostOf(owner Peer, limits *Limits) int {
	if owner.Server() {
		return limits.AllocationsOfClient * (owner.Clients() + 1)
	}
	return limits.AllocationsOfClient
}

// makeSpace makes space for one more allocation of an owner: the owner's oldest that is idle goes, or
// if there are too many in all, another's. It returns false if the owner has as many as it may, and
// none is idle.
func (h *hub) makeSpace(owner Peer) bool {
	limits, since := h.limits.Load(), h.now()-idleFor
	most, room := mostOf(owner, limits), owner.Room()
	h.mu.RLock()
	own, use := h.owners[owner], h.rooms[room]
	var goes *allocation
	ok := len(own) < most
	switch {
	case !ok:
		if i := slices.IndexFunc(own, func(a *allocation) bool { return a.idleSince() <= since }); i >= 0 {
			goes, ok = own[i], true
		}
	case len(h.ports) >= limits.Allocations && (use == nil || use.allocations < limits.ofRoom()):
		goes = h.dispensable(use, since)
	}
	h.mu.RUnlock()
	if goes != nil {
		h.kill(goes)
	}
	return ok
}

// dispensable returns an allocation that makes way for one of a room, or nil: of those that are idle
// since a time, one of the room with the most allocations, and of these the one that is idle for the longest.
// It is of the same room, or of one that has more allocations afterwards, too. So peers with
// many rooms or allocations displace each other's, and those of no smaller room. With mu held.
func (h *hub) dispensable(room *roomUse, since time.Duration) (goes *allocation) {
	have := 0
	if room != nil {
		have = room.allocations
	}
	for _, a := range h.ports {
		idle := a.idleSince()
		if idle > since || a.shared != room && a.shared.allocations <= have+1 {
			continue
		}
		if goes == nil || a.shared.allocations > goes.shared.allocations ||
			a.shared == goes.shared && idle < goes.idleSince() {
			goes = a
		}
	}
	return goes
}

// kill deletes an allocation, and ends its connection over TCP.
func (h *hub) kill(a *allocation) {
	if end := h.delete(a); end != nil {
		end()
	}
}

// delete forgets an allocation. It returns what ends its connection.
func (h *hub) delete(a *allocation) (end func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if a.deleted {
		return nil
	}
	a.deleted = true
	delete(h.ports, uint16(a.label.Port))
	if h.flows[a.flow] == a {
		delete(h.flows, a.flow)
	}
	own := slices.DeleteFunc(h.owners[a.owner], func(b *allocation) bool { return b == a })
	if h.owners[a.owner] = own; len(own) == 0 {
		delete(h.owners, a.owner)
	}
	a.shared.allocations--
	a.queue.close()
	return a.end
}

// sweep deletes the allocations of owners that are gone (T4), and forgets rooms without allocations
// once their rate has recovered.
func (h *hub) sweep() {
	h.mu.Lock()
	owners := slices.Collect(maps.Keys(h.owners))
	rate, now := byteRate(h.limits.Load().BytesOfRoom), h.now()
	h.meters.Lock()
	maps.DeleteFunc(h.rooms, func(_ any, use *roomUse) bool {
		return use.allocations == 0 && use.meter.Wait(rate, rate.Count, now) == 0
	})
	h.meters.Unlock()
	h.mu.Unlock()
	for _, owner := range owners {
		if owner.Here() {
			continue
		}
		h.mu.RLock()
		own := slices.Clone(h.owners[owner])
		h.mu.RUnlock()
		for _, a := range own {
			h.kill(a)
		}
	}
}

package turn

import (
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"

	pion "github.com/pion/turn/v5"
	"github.com/sebas642/intercessor/protocol"
	"github.com/stretchr/testify/require"
)

// modelPeer is one of four peers: the server and two clients of room a, and the server of room b.
type modelPeer struct {
	room   string
	server bool
	gone   *bool
}

func (p modelPeer) Room() any    { return p.room }
func (p modelPeer) Server() bool { return p.server }
func (p modelPeer) Here() bool   { return !*p.gone }
func (p modelPeer) Clients() int { return 0 }

type modelPeers map[protocol.ID]modelPeer

func (m modelPeers) Find(_, id protocol.ID) Peer {
	if p, ok := m[id]; ok && p.Here() {
		return p
	}
	return nil
}

// modelAllocation is what the test knows of an allocation.
type modelAllocation struct {
	*allocation
	owner     modelPeer
	permitted bool
	received  int // packets in its queue
	ended     bool
}

func (a *modelAllocation) exists() bool { return !a.ended }

// FuzzHub does any sequence of actions on a hub: allocations come and go, permissions change, owners
// leave, packets are sent. A packet arrives only if the rules of T3 say so, and otherwise the right
// counter counts it. In the end nothing is left.
func FuzzHub(f *testing.F) {
	f.Add([]byte{0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 1, 0, 1, 0, 2})
	f.Add([]byte{0, 0, 1, 1, 4, 0, 4, 1, 2, 0, 1})
	f.Add([]byte{0, 0, 0, 0, 0, 1, 0, 2, 0, 3, 4, 0, 4, 1, 4, 2, 4, 3, 2, 0, 1, 2, 0, 2, 2, 1, 2, 2, 0, 3, 3, 0, 5, 0, 6, 1})
	f.Add([]byte{0, 0, 0, 1, 2, 0, 1, 4, 1, 5, 1, 2, 0, 1, 1, 1, 2, 0, 1})
	f.Add([]byte{0, 0, 0, 1, 0, 2, 0, 3, 4, 0, 4, 1, 4, 2, 4, 3, 2, 1, 2, 2, 0, 3, 2, 3, 0}) // strangers
	f.Fuzz(func(t *testing.T, actions []byte) {
		peers := modelPeers{
			"s": {"a", true, new(bool)}, "x": {"a", false, new(bool)}, "y": {"a", false, new(bool)}, "z": {"b", true, new(bool)},
		}
		ids := []protocol.ID{"s", "x", "y", "z"}
		var limits atomic.Pointer[Limits]
		limits.Store(Limits{AllocationsOfClient: 3, Allocations: 6, BytesOfAllocation: 1 << 40, BytesOfRoom: 1 << 40, Bytes: 1 << 40}.withDefaults())
		var counts counters
		config := Config{Peers: peers}
		config.Label = netip.MustParseAddr("192.0.2.1")
		h := newHub(config, &limits, &counts)
		var made []*modelAllocation
		dropped := map[reason]uint64{}
		next := func() byte {
			if len(actions) == 0 {
				return 0
			}
			b := actions[0]
			actions = actions[1:]
			return b
		}
		pick := func() *modelAllocation {
			if len(made) == 0 {
				return nil
			}
			return made[int(next())%len(made)]
		}
		of := func(p modelPeer) (n int) {
			for _, a := range made {
				if a.exists() && a.owner == p {
					n++
				}
			}
			return n
		}
		count := func() (n int) {
			for _, a := range made {
				if a.exists() {
					n++
				}
			}
			return n
		}
		end := func(a *modelAllocation) {
			if a.exists() {
				a.Close()
				a.ended = true
			}
		}
		for len(actions) > 0 {
			switch next() % 7 {
			case 0: // allocate
				id := ids[int(next())%len(ids)]
				p := peers[id]
				may := p.Here() && of(p) < 3 && count() < 6
				c, label, err := h.AllocatePacketConn(pion.AllocateListenerConfig{UserID: "room:" + string(id)})
				require.Equal(t, may, err == nil)
				if may {
					a := &modelAllocation{allocation: c.(*allocation), owner: p}
					require.GreaterOrEqual(t, label.(*net.UDPAddr).Port, 1024)
					for _, other := range made {
						require.False(t, other.exists() && other.label.Port == a.label.Port, "one label for two")
					}
					made = append(made, a)
					h.bind(label, string(id), flow{local: label}, nil)
					require.Equal(t, a.allocation, h.at(flow{local: label}))
				}
			case 1: // pion deletes
				if a := pick(); a != nil {
					end(a)
					require.Nil(t, h.at(flow{local: a.label}))
				}
			case 2: // send
				from, to := pick(), pick()
				if from == nil || !from.exists() {
					continue
				}
				from.WriteTo([]byte{1}, &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: to.label.Port})
				dropped[noLabel]++
				before := counts.packets.Load()
				from.WriteTo([]byte{1}, to.label)
				same := from.owner == to.owner
				var other *modelAllocation // that has got the same label since
				for _, a := range made {
					if a.exists() && a.label.Port == to.label.Port {
						other = a
					}
				}
				if other != nil {
					to, same = other, from.owner == other.owner
				}
				switch {
				case !to.exists():
					dropped[noLabel]++
				case !same && (from.owner.room != to.owner.room || from.owner.server == to.owner.server):
					dropped[strangers]++
				case !to.permitted:
					dropped[noPermission]++
				case (to.received+1)*packets[0].size > maxQueue:
					dropped[queueFull]++
				default:
					to.received++
					before++
				}
				require.Equal(t, before, counts.packets.Load())
			case 3: // receive
				if a := pick(); a != nil && a.exists() && a.received > 0 {
					n, from, err := a.ReadFrom(make([]byte, 10))
					require.NoError(t, err)
					require.Equal(t, 1, n)
					require.True(t, from.(*net.UDPAddr).IP.Equal(h.label))
					a.received--
				}
			case 4: // permit
				if a := pick(); a != nil && a.exists() {
					h.permit(a.label, true)
					a.permitted = true
				}
			case 5: // forbid
				if a := pick(); a != nil && a.exists() {
					h.permit(a.label, false)
					a.permitted = false
				}
			case 6: // an owner leaves
				p := peers[ids[int(next())%len(ids)]]
				*p.gone = true
				h.sweep()
				for _, a := range made {
					if a.owner == p && a.exists() {
						_, _, err := a.ReadFrom(nil)
						require.ErrorIs(t, err, net.ErrClosed)
						a.Close()
						a.ended = true
						h.running.Add(1) // the goroutine at the end
					}
				}
			}
			require.Equal(t, count(), h.count())
			for why := range reasons {
				require.Equal(t, dropped[why], counts.dropped[why].Load(), reasonNames[why])
			}
		}
		var reading sync.WaitGroup
		for _, a := range made {
			end(a)
			reading.Go(func() { a.ReadFrom(nil) })
		}
		reading.Wait()
		h.running.Wait()
		h.sweep()
		require.Empty(t, h.ports)
		require.Empty(t, h.flows)
		require.Empty(t, h.owners)
		require.Empty(t, h.rooms)
	})
}

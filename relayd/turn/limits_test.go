package turn_test

import (
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/stun/v4"
	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/turn"
	"github.com/stretchr/testify/require"
)

// tryAllocateAt returns the code of the answer to an Allocate of a peer from a new address.
func (r *relay) tryAllocateAt(w *wire, address string, p *peer) (*raw, int) {
	c := r.rawAt(w, address, p)
	c.challenge()
	return c, codeOf(c.ask(stun.MethodAllocate, udp))
}

func TestAllocationsOfAClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := startOn(t, turn.Limits{})
		guest := r.add("room", "guest")
		allocate := func(i int) int {
			_, code := r.tryAllocateAt(w, fmt.Sprint("198.18.0.1:", 1000+i), guest)
			return code
		}
		for i := range 8 {
			require.Equal(t, 0, allocate(i))
		}
		require.Equal(t, 486, allocate(8))
		r.SetLimits(turn.Limits{AllocationsOfClient: 9})
		require.Equal(t, 0, allocate(9))
		require.Equal(t, 486, allocate(10))
		_, code := r.tryAllocateAt(w, "198.18.0.1:2000", r.add("room", "other"))
		require.Equal(t, 0, code, "another client has its own")
		require.EqualValues(t, 2, r.Stats().Refused[486])
	})
}

// TestAllocationsOfAServer: eight for itself and eight for each client.
func TestAllocationsOfAServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := startOn(t, turn.Limits{AllocationsOfClient: 2})
		server := r.add("room", "room")
		made := 0
		for clients := range 4 {
			server.clients.Store(int32(clients))
			for {
				_, code := r.tryAllocateAt(w, fmt.Sprint("198.18.0.1:", 1000+made+100*clients), server)
				if code != 0 {
					require.Equal(t, 486, code)
					break
				}
				made++
			}
			require.Equal(t, 2*(clients+1), made)
			require.Equal(t, made, r.Stats().Allocations)
		}
	})
}

// TestAnIdleAllocationMakesSpace: the oldest that was idle for 30 s. Both sending and receiving is
// use.
func TestAnIdleAllocationMakesSpace(t *testing.T) {
	for _, of := range []struct {
		what     string
		from, to int
	}{{"the oldest sends", 0, 2}, {"the oldest receives", 2, 0}} {
		t.Run(of.what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, w := startOn(t, turn.Limits{AllocationsOfClient: 3})
				guest := r.add("room", "guest")
				var clients []*raw
				var labels []*net.UDPAddr
				for i := range 3 {
					c := r.rawAt(w, fmt.Sprint("198.18.0.1:", 1000+i), guest)
					labels = append(labels, c.allocate())
					require.Equal(t, 0, codeOf(c.ask(stun.MethodCreatePermission, to(labels[i]))))
					clients = append(clients, c)
					time.Sleep(10 * time.Second)
				}
				require.Equal(t, 0, codeOf(clients[of.from].bind(0x4000, labels[of.to])))
				require.Equal(t, 0, codeOf(clients[of.to].bind(0x4000, labels[of.from])))
				frame := data(0x4000, "in use")
				clients[of.from].write(frame)
				require.Equal(t, frame, clients[of.to].read())
				_, code := r.tryAllocateAt(w, "198.18.0.1:2000", guest)
				require.Equal(t, 486, code, "the first is in use, the second only 20 s old")
				time.Sleep(10*time.Second - time.Nanosecond)
				_, code = r.tryAllocateAt(w, "198.18.0.1:2001", guest)
				require.Equal(t, 486, code, "the second is not quite 30 s old")
				time.Sleep(time.Nanosecond)
				_, code = r.tryAllocateAt(w, "198.18.0.1:2002", guest)
				require.Equal(t, 0, code)
				synctest.Wait()
				require.Equal(t, 3, r.Stats().Allocations)
				require.Equal(t, 437, codeOf(clients[1].ask(stun.MethodRefresh)), "it made space")
				require.Equal(t, 0, codeOf(clients[0].ask(stun.MethodRefresh)))
				require.Equal(t, 0, codeOf(clients[2].ask(stun.MethodRefresh)))
			})
		})
	}
}

func TestAllocationsInAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := startOn(t, turn.Limits{Allocations: 3})
		allocate := func(i int) int {
			_, code := r.tryAllocateAt(w, fmt.Sprint("198.18.0.1:", 1000+i), r.add("room", "guest"))
			return code
		}
		for i := range 3 {
			require.Equal(t, 0, allocate(i))
		}
		require.Equal(t, 508, allocate(3))
		r.SetLimits(turn.Limits{Allocations: 4})
		require.Equal(t, 0, allocate(4))
		require.Equal(t, 508, allocate(5))
	})
}

// TestAnIdleAllocationOfALargerRoomMakesWay: at the limit in all, and not one in use, nor one of a
// room that then has fewer than the new one's.
func TestAnIdleAllocationOfALargerRoomMakesWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := startOn(t, turn.Limits{Allocations: 8})
		allocate := func(room string, i int) (*raw, int) {
			return r.tryAllocateAt(w, fmt.Sprint("198.18.0.1:", 1000+i), r.add(protocol.ID(room), protocol.ID(fmt.Sprint("guest", i))))
		}
		var large []*raw
		for i := range 5 {
			c, code := allocate("large", i)
			require.Equal(t, 0, code)
			large = append(large, c)
			time.Sleep(time.Second)
		}
		var small []*raw
		for i := range 3 {
			c, code := allocate("small", 10+i)
			require.Equal(t, 0, code)
			small = append(small, c)
		}
		exists := func(c *raw) bool { return codeOf(c.ask(stun.MethodRefresh)) == 0 }
		time.Sleep(25*time.Second - time.Nanosecond)
		_, code := allocate("new", 20)
		require.Equal(t, 508, code, "the oldest is not quite 30 s old")
		require.Equal(t, 0, codeOf(large[0].ask(stun.MethodCreatePermission, to(&net.UDPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 1024}))))
		time.Sleep(time.Nanosecond)
		_, code = allocate("new", 21)
		require.Equal(t, 0, code)
		require.False(t, exists(large[0]), "a permission is not use")
		time.Sleep(29 * time.Second)
		_, code = allocate("new", 22)
		require.Equal(t, 0, code)
		require.False(t, exists(large[1]), "the next in age")
		_, code = allocate("new", 23)
		require.Equal(t, 508, code, "the rooms have three, three and two, and no room takes from one as small")
		require.True(t, exists(large[2]) && exists(large[3]) && exists(large[4]) && exists(small[0]) && exists(small[1]) && exists(small[2]))
		_, code = allocate("large", 24)
		require.Equal(t, 0, code, "it takes the place of one of its own")
		require.False(t, exists(large[2]))
		require.Equal(t, 8, r.Stats().Allocations)
	})
}

// TestARoomWithItsQuarterDisplacesNothing, because it could not have the place.
func TestARoomWithItsQuarterDisplacesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := startOn(t, turn.Limits{Allocations: 12, AllocationsOfClient: 1}) // three of a room
		for i := range 12 {
			guest := r.add(protocol.ID(fmt.Sprint("room", i/3)), protocol.ID(fmt.Sprint("guest", i)))
			_, code := r.tryAllocateAt(w, fmt.Sprint("198.18.0.1:", 1000+i), guest)
			require.Equal(t, 0, code)
		}
		time.Sleep(time.Minute)
		_, code := r.tryAllocateAt(w, "198.18.0.1:2000", r.add("room0", "more"))
		require.Equal(t, 508, code)
		require.Equal(t, 12, r.Stats().Allocations)
	})
}

func TestConnectionsInAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := startOn(t, turn.Limits{Connections: 3})
		guest := r.add("room", "guest")
		allocating := func() net.Conn {
			c, conn, ok := r.connectPipe(guest)
			require.True(t, ok)
			c.allocate()
			return conn
		}
		allocating()
		bare, bareConn, ok := r.connectPipe(guest)
		require.True(t, ok)
		bare.ask(stun.MethodBinding)
		allocating()
		conn := allocating()
		_, err := bareConn.Read(make([]byte, 1))
		require.Error(t, err, "it made way")
		_, refused, ok := r.connectPipe(guest)
		require.False(t, ok)
		_, err = refused.Read(make([]byte, 1))
		require.Error(t, err, "it is closed")
		require.EqualValues(t, 2, r.Stats().Dropped["over_connections"])
		conn.Close()
		synctest.Wait()
		allocating() // the third has left
		r.SetLimits(turn.Limits{Connections: 4})
		allocating()
		_, _, ok = r.connectPipe(guest)
		require.False(t, ok)
		require.Equal(t, 4, r.Stats().Connections)
	})
}

// TestBytesAreLimited: of an allocation, of a room, and in all. A burst is what the limit allows in
// 250 ms. What it allows in 100 ms more waits. In all, that is half of the burst, and the share of the
// only room is the other half but for the 20 ms that others may wait.
func TestBytesAreLimited(t *testing.T) {
	const size, limit = 1024, 200 * 1024 // a packet each 5 ms
	for _, c := range []struct {
		reason      string
		limits      turn.Limits
		burst, wait int // packets that pass at once, and that wait
	}{
		{"over_allocation", turn.Limits{BytesOfAllocation: limit / 2, BytesOfRoom: 10 * limit}, 50, 20},
		{"over_room", turn.Limits{BytesOfRoom: limit}, 50, 20},
		{"over_all", turn.Limits{Bytes: limit}, 46, 0},
	} {
		t.Run(c.reason, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, w := startOn(t, c.limits)
				guest := r.add("room", "guest")
				var senders [2]*raw // by turns
				for i := range senders {
					senders[i] = r.rawAt(w, fmt.Sprint("198.18.0.1:", 1000+i), guest)
					require.Equal(t, 0, codeOf(senders[i].bind(0x4000, senders[i].allocate())))
				}
				send := func(n, size int) (passed int) {
					before := r.Stats().Packets
					for i := range n {
						senders[i%2].write(data(0x4000, strings.Repeat("x", size)))
					}
					synctest.Wait()
					return int(r.Stats().Packets - before)
				}
				most := c.burst + c.wait
				require.Equal(t, most-2, send(most-2, size), "below the limit")
				require.Equal(t, 2, send(2, size), "at the limit")
				require.Equal(t, 0, send(2, size), "above it")
				require.EqualValues(t, 2, r.Stats().Dropped[c.reason])
				require.EqualValues(t, most*size, r.Stats().Bytes)
				time.Sleep(50 * time.Millisecond)
				require.Equal(t, 10, send(20, size), "it recovers at its rate")
				time.Sleep(time.Minute)
				require.Equal(t, most, send(2*most, size), "and saves up no more than a burst")
				time.Sleep(time.Minute)
				require.Equal(t, 4*most, send(8*most, 1), "small packets count as 256 bytes")
				time.Sleep(50 * time.Millisecond)
				r.SetLimits(turn.Limits{})
				require.Equal(t, 2*c.burst, send(2*c.burst, size), "the limit can be raised")
			})
		})
	}
}

// TestPacketsBeyondALimitWait: those that can be relayed within 100 ms.
func TestPacketsBeyondALimitWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := startOn(t, turn.Limits{BytesOfAllocation: 200 * 1024})
		c := r.rawAt(w, "198.18.0.1:1000", r.add("room", "guest"))
		require.Equal(t, 0, codeOf(c.bind(0x4000, c.allocate())))
		began := time.Now()
		for i := range 80 {
			c.write(data(0x4000, fmt.Sprintf("%-1024d", i)))
		}
		for i := range 70 {
			require.Equal(t, strconv.Itoa(i), strings.TrimSpace(string(c.read()[4:])))
			require.Equal(t, max(0, i-49)*5, int(time.Since(began).Milliseconds()))
		}
		require.EqualValues(t, 10, r.Stats().Dropped["over_allocation"])
	})
}

// TestASenderBeyondItsLimitReachesIt, at the default limits and however much more it sends.
func TestASenderBeyondItsLimitReachesIt(t *testing.T) {
	const size, limit = 1200, turn.DefaultBytesOfAllocation
	for _, percent := range []int{110, 210, 410} {
		synctest.Test(t, func(t *testing.T) {
			r, w := startOn(t, turn.Limits{})
			c := r.rawAt(w, "198.18.0.1:1000", r.add("room", "guest"))
			require.Equal(t, 0, codeOf(c.bind(0x4000, c.allocate())))
			var received atomic.Int64
			go w.count(t.Context(), "198.18.0.1:1000", &received)
			run := func(milliseconds int) {
				for due := 0; milliseconds > 0; milliseconds-- {
					for due += limit / 1000 * percent / 100; due >= size; due -= size {
						c.write(data(0x4000, strings.Repeat("x", size)))
					}
					time.Sleep(time.Millisecond)
				}
			}
			run(4000) // uses up what was saved
			received.Store(0)
			run(2000)
			require.InEpsilon(t, 2*limit/size, received.Load(), 0.03, "%d %%", percent)
		})
	}
}

// TestAModestRoomLosesNothingToGreedyOnes: three rooms send as much as they may, which together is
// more than all may, and take what the modest room leaves. A hundred others send a packet a second.
func TestAModestRoomLosesNothingToGreedyOnes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const size, limit = 1024, 2000 * 1024 // two packets each millisecond
		r, w := startOn(t, turn.Limits{Bytes: limit, BytesOfRoom: limit, BytesOfAllocation: limit})
		received := make([]atomic.Int64, 4)
		senders := make([]*raw, 4)
		for i := range senders {
			senders[i] = r.rawAt(w, fmt.Sprintf("198.18.0.%d:1000", i), r.add(protocol.ID(fmt.Sprint("room", i)), "guest"))
			require.Equal(t, 0, codeOf(senders[i].bind(0x4000, senders[i].allocate())))
			go w.count(t.Context(), fmt.Sprintf("198.18.0.%d:1000", i), &received[i])
		}
		const modest, greedy = 3, 3
		others := make([]*raw, 100)
		for i := range others {
			address := fmt.Sprintf("198.18.1.%d:1000", i)
			others[i] = r.rawAt(w, address, r.add(protocol.ID(fmt.Sprint("other", i)), "guest"))
			require.Equal(t, 0, codeOf(others[i].bind(0x4000, others[i].allocate())))
			go w.count(t.Context(), address, new(atomic.Int64))
		}
		run := func(milliseconds int) {
			for i := range received {
				received[i].Store(0)
			}
			for i := range milliseconds {
				if n := i % 1000; n < len(others) {
					others[n].write(data(0x4000, "x"))
				}
				for range 4 {
					for sender := range greedy {
						senders[sender].write(data(0x4000, strings.Repeat("x", size)))
					}
				}
				if i%2 == 0 {
					senders[modest].write(data(0x4000, strings.Repeat("x", size)))
				}
				time.Sleep(time.Millisecond)
			}
			time.Sleep(20 * time.Millisecond)
		}
		run(2000)
		run(3000)
		require.EqualValues(t, 1500, received[modest].Load(), "all of it, which is its share")
		sum := int64(0)
		for i := range greedy {
			sum += received[i].Load()
		}
		require.InDelta(t, 6000-1500-3*len(others)/4, sum, 150, "the greedy rooms have the rest")
	})
}

// TestAllocationsOfARoomShareItsLimit: whenever they were made, and if the room had none for a while.
func TestAllocationsOfARoomShareItsLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := startOn(t, turn.Limits{BytesOfRoom: 4 * 10 * 1024}) // bursts of ten packets, and four that wait
		guest := r.add("room", "guest")
		burst := func(c *raw) int {
			before := r.Stats().Packets
			for range 20 {
				c.write(data(0x4000, string(make([]byte, 1024))))
			}
			synctest.Wait()
			passed := int(r.Stats().Packets - before)
			for range passed {
				c.read() // for 100 ms, in which four packets recover
			}
			return passed
		}
		x, y := r.rawAt(w, "198.18.0.1:1000", guest), r.rawAt(w, "198.18.0.1:1001", guest)
		require.Equal(t, 0, codeOf(x.bind(0x4000, x.allocate())))
		time.Sleep(2*time.Second + 950*time.Millisecond)
		require.Equal(t, 0, codeOf(y.bind(0x4000, y.allocate())))
		require.Equal(t, 14, burst(x))
		require.Equal(t, 4, burst(y))
		for _, c := range []*raw{x, y} {
			require.Equal(t, 0, codeOf(c.ask(stun.MethodRefresh, lifetime(0))))
		}
		require.Equal(t, 0, codeOf(x.bind(0x4000, x.allocate())))
		require.Equal(t, 4, burst(x), "a new allocation does not renew it")
		require.Equal(t, 0, codeOf(x.ask(stun.MethodRefresh, lifetime(0))))
		time.Sleep(100 * time.Millisecond) // in which the server looks for what it may forget
		require.Equal(t, 0, codeOf(x.bind(0x4000, x.allocate())))
		require.Equal(t, 8, burst(x))
	})
}

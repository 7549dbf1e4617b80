package turn_test

import (
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/stun/v4"
	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/turn"
	"github.com/stretchr/testify/require"
)

// heap is how many bytes are in use.
func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}

// TestAFloodOfForgedSources: of 30,000 requests in no time, as many are answered as the limit in
// all says, the sources are sent less than twice of what came, and nothing is kept.
func TestAFloodOfForgedSources(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const requests, headers = 30_000, 28
		r, w := startOn(t, turn.Limits{})
		thief := r.rawAt(w, "198.18.0.1:1000", r.add("room", "guest"))
		thief.nonce, thief.password = "invented", "guessed"
		frames := [][]byte{binding(), allocating(), thief.message(stun.MethodAllocate, udp).Raw, thief.message(stun.MethodRefresh).Raw}
		before, received := heap(), 0
		for i := range requests {
			frame := frames[i%len(frames)]
			received += len(frame) + headers
			w.send(frame, &net.UDPAddr{IP: binary.BigEndian.AppendUint32(nil, 0x0A000000+uint32(i)<<4), Port: 1 + i%65535})
		}
		synctest.Wait()
		require.Equal(t, 5000, w.packets)
		require.Less(t, w.bytes+w.packets*headers, 2*received*w.packets/requests)
		stats := r.Stats()
		require.Equal(t, 0, stats.Allocations)
		require.EqualValues(t, requests-5000, stats.Dropped["over_network"]+stats.Dropped["over_requests"])
		require.Less(t, heap()-before, int64(1<<20))
	})
}

// TestAllocationsWithoutEnd: an owner has no more than its limit, whatever it tries.
func TestAllocationsWithoutEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := startOn(t, turn.Limits{RequestsOfNetwork: 1_000_000})
		guest := r.add("room", "guest")
		for i := range 1000 {
			address := fmt.Sprintf("198.18.%d.%d:1000", i>>8, i&0xFF)
			_, code := r.tryAllocateAt(w, address, guest)
			require.Equal(t, i >= 8, code == 486)
		}
		require.Equal(t, 8, r.Stats().Allocations)
		require.EqualValues(t, 992, r.Stats().Refused[486])
	})
}

// TestAllocationsAtOnce: over many connections an owner gets no more, either.
func TestAllocationsAtOnce(t *testing.T) {
	r := start(t, nil)
	guest := r.add("room", "guest")
	var clients []*raw
	for range 30 {
		c := r.raw("tcp", guest)
		c.challenge()
		clients = append(clients, c)
	}
	for _, c := range clients {
		c.write(c.message(stun.MethodAllocate, udp).Raw)
	}
	made := 0
	for _, c := range clients {
		answer := &stun.Message{Raw: c.read()}
		require.NoError(t, answer.Decode())
		switch codeOf(answer) {
		case 0:
			made++
		case 486, 508: // that two pass the first check at once, and fail the second
		default:
			require.Fail(t, answer.String())
		}
	}
	require.Equal(t, 8, made)
	require.Equal(t, 8, r.Stats().Allocations)
}

// TestAnOwnerThatMakesAndEndsAllocations: leaves nothing behind.
func TestAnOwnerThatMakesAndEndsAllocations(t *testing.T) {
	r := start(t, func(c *turn.Config) { c.Limits.RequestsOfNetwork = 1_000_000 })
	c := r.raw("udp", r.add("room", "guest"))
	churn := func(n int) {
		for range n {
			c.allocate()
			require.Equal(t, 0, codeOf(c.ask(stun.MethodRefresh, lifetime(0))))
		}
	}
	churn(10)
	before := heap()
	churn(300)
	require.Equal(t, 0, r.Stats().Allocations)
	require.Less(t, heap()-before, int64(1<<20)) // an allocation takes 10 KB
}

// TestManyOwners: the table of allocations stays bounded.
func TestManyOwners(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := startOn(t, turn.Limits{Allocations: 50, Requests: 1_000_000})
		made := 0
		for i := range 200 {
			guest := r.add(protocol.ID(fmt.Sprint("room", i/5)), protocol.ID(fmt.Sprint("guest", i)))
			_, code := r.tryAllocateAt(w, fmt.Sprintf("198.18.%d.1:1000", i), guest)
			if code == 0 {
				made++
			} else {
				require.Equal(t, 508, code)
			}
		}
		require.Equal(t, 50, made)
		for _, p := range r.peers {
			p.gone.Store(true)
		}
		time.Sleep(1100 * time.Millisecond)
		require.Equal(t, 0, r.Stats().Allocations)
	})
}

// TestGarbageOverTCP ends the connection that it came over.
func TestGarbageOverTCP(t *testing.T) {
	r := start(t, nil)
	for _, garbage := range []string{"\xFF\xFF\xFF\xFF", strings.Repeat("POST / HTTP/1.1\r\n", 100), "\x16\x03\x01\x00\xFF", "\x50\x00\x00\x04"} {
		conn := r.connect("tcp")
		_, err := conn.Write([]byte(garbage))
		require.NoError(t, err)
		require.NoError(t, conn.SetReadDeadline(time.Now().Add(within)))
		_, err = conn.Read(make([]byte, 1))
		require.Error(t, err)
		require.NotErrorIs(t, err, os.ErrDeadlineExceeded)
	}
	require.EqualValues(t, 4, r.Stats().Dropped["malformed"])
	require.Eventually(t, func() bool { return r.Stats().Connections == 0 }, within, time.Millisecond)
}

// TestAClientThatStopsReadingASocket: others notice nothing, and its connection ends.
func TestAClientThatStopsReadingASocket(t *testing.T) {
	for _, network := range []string{"tcp", "tls"} {
		t.Run(network, func(t *testing.T) {
			t.Parallel()
			r := start(t, func(c *turn.Config) {
				c.Limits = turn.Limits{BytesOfAllocation: 1 << 30, BytesOfRoom: 1 << 30, Bytes: 1 << 30}
			})
			guest := r.add("room", "guest")
			sender, reader := r.raw("udp", r.add("room", "room")), r.raw("udp", guest)
			conn := r.connect(network)
			slow := rawOn(t, conn)
			slow.username, slow.password = reader.username, reader.password
			if secure, ok := conn.(*tls.Conn); ok {
				conn = secure.NetConn()
			}
			require.NoError(t, conn.(*net.TCPConn).SetReadBuffer(4<<10))
			own := sender.allocate()
			for i, c := range []*raw{slow, reader} {
				label := c.allocate()
				require.Equal(t, 0, codeOf(c.bind(0x4000, own)))
				require.Equal(t, 0, codeOf(sender.bind(uint16(0x4000+i), label)))
			}
			payload := string(make([]byte, 1200))
			for range 200 { // 2.4 MB, far more than the buffers hold
				for range 10 {
					sender.write(data(0x4000, payload))
				}
				sender.write(data(0x4001, payload))
				require.Equal(t, data(0x4000, payload), reader.read())
			}
			require.NotZero(t, r.Stats().Dropped["queue_full"])
			require.Eventually(t, func() bool { return r.Stats().Connections == 0 }, within, 10*time.Millisecond)
			require.EqualValues(t, 1, r.Stats().Dropped["too_slow"])
			require.Equal(t, 2, r.Stats().Allocations)
		})
	}
}

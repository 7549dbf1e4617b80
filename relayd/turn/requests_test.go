package turn_test

import (
	"fmt"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/stun/v4"
	"github.com/sebas642/intercessor/relayd/turn"
	"github.com/stretchr/testify/require"
)

// TestRefusalsAreLimited: a peer that has left, or whose credential has expired, can sign requests.
func TestRefusalsAreLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := startOn(t, turn.Limits{})
		flood := func(c *raw) int {
			before := w.packets
			for range 300 {
				w.send(c.message(stun.MethodAllocate, udp).Raw, &net.UDPAddr{IP: net.IPv4(198, 18, 0, 1), Port: 1000})
			}
			synctest.Wait()
			return w.packets - before
		}
		gone := r.add("room", "gone")
		c := r.rawAt(w, "198.18.0.1:1000", gone)
		c.challenge()
		gone.gone.Store(true)
		require.Equal(t, 200, flood(c))
		time.Sleep(2 * time.Second)
		r.add("room", "guest")
		c.username, c.password = r.Credential("room", "guest", time.Now())
		require.Equal(t, 200, flood(c))
	})
}

// TestSignedRequestsAreLimited: checking a signature costs more than all else. Those of sources
// without an allocation are limited for each network, those of an allocation by itself.
func TestSignedRequestsAreLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := startOn(t, turn.Limits{})
		guest := r.add("room", "guest")
		c := r.rawAt(w, "198.18.0.200:1000", guest)
		c.allocate() // of the same network
		answered := func(n int, do func(i int)) int {
			before := w.packets
			for i := range n {
				do(i)
			}
			synctest.Wait()
			return w.packets - before
		}
		gone := r.add("room", "gone")
		other := r.rawAt(w, "198.18.0.1:1000", gone)
		other.challenge()
		gone.gone.Store(true)
		allocate := func(int) {
			w.send(other.message(stun.MethodAllocate, udp).Raw, &net.UDPAddr{IP: net.IPv4(198, 18, 0, 1), Port: 1000})
		}
		require.Equal(t, 199, answered(300, allocate))
		require.EqualValues(t, 101, r.Stats().Dropped["over_network"])
		require.EqualValues(t, 199, r.Stats().Refused[403])
		require.Equal(t, 1, answered(1, func(int) { w.send(binding(), &net.UDPAddr{IP: net.IPv4(198, 18, 0, 1), Port: 1}) }), "others are counted apart")

		for range 200 {
			require.Equal(t, 0, codeOf(c.ask(stun.MethodRefresh)))
		}
		c.silent(c.message(stun.MethodRefresh).Raw)
		time.Sleep(10 * time.Millisecond)
		require.Equal(t, 0, codeOf(c.ask(stun.MethodRefresh)))
	})
}

// TestUnauthenticatedRequestsAreLimited: of a network, and in all.
func TestUnauthenticatedRequestsAreLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := startOn(t, turn.Limits{})
		flood := func(n int, address string) (answered int) {
			from := &net.UDPAddr{IP: net.ParseIP(address), Port: 1000}
			before := w.packets
			for i := range n {
				w.send([][]byte{binding(), allocating()}[i%2], from)
			}
			synctest.Wait()
			return w.packets - before
		}
		require.Equal(t, 199, flood(199, "198.18.0.1"), "below the limit")
		require.Equal(t, 1, flood(1, "198.18.0.200"), "at the limit, of the same /24")
		require.Equal(t, 0, flood(10, "198.18.0.255"), "above it")
		require.EqualValues(t, 10, r.Stats().Dropped["over_network"])
		require.Equal(t, 1, flood(1, "198.18.1.1"), "another /24")
		time.Sleep(100 * time.Millisecond)
		require.Equal(t, 10, flood(20, "198.18.0.1"), "100 a second")
		require.Equal(t, 200, flood(201, "2001:db8:0:100::1"))
		require.Equal(t, 0, flood(1, "2001:db8:0:1ff::1"), "the same /56")
		require.Equal(t, 1, flood(1, "2001:db8:0:200::1"))
		r.SetLimits(turn.Limits{RequestsOfNetwork: 200})
		time.Sleep(100 * time.Millisecond)
		require.Equal(t, 20, flood(300, "198.18.0.1"), "the limit can be raised")

		time.Sleep(time.Minute)
		r.SetLimits(turn.Limits{Requests: 500})
		answered := 0
		for i := range 10 {
			answered += flood(60, fmt.Sprintf("198.18.%d.1", 100+i))
		}
		require.Equal(t, 500, answered)
		require.EqualValues(t, 100, r.Stats().Dropped["over_requests"])
	})
}

// TestAFloodDoesNotTouchClients: neither those that have an allocation, nor those over TCP.
func TestAFloodDoesNotTouchClients(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := startOn(t, turn.Limits{})
		guest := r.add("room", "guest")
		c := r.rawAt(w, "198.18.0.1:1000", guest)
		require.Equal(t, 0, codeOf(c.bind(0x4000, c.allocate())))
		other := r.rawAt(w, "198.19.0.1:1001", guest)
		other.challenge()
		forged := r.rawAt(w, "198.18.0.1:1002", guest)
		forged.nonce, forged.password = "invented", "guessed"
		forgery := forged.message(stun.MethodRefresh).Raw
		for range 300 {
			w.send(forgery, &net.UDPAddr{IP: net.IPv4(198, 18, 0, 2), Port: 1}) // the network of the client
		}
		for i := range 30_000 {
			w.send(binding(), &net.UDPAddr{IP: net.IPv4(198, 18, byte(i>>8), byte(i)), Port: 1000})
		}
		require.NotZero(t, r.Stats().Dropped["over_requests"])
		frame := data(0x4000, "undisturbed")
		c.write(frame)
		require.Equal(t, frame, c.read())
		require.Equal(t, 0, codeOf(c.ask(stun.MethodRefresh)))
		require.Equal(t, 0, codeOf(other.ask(stun.MethodAllocate, udp)), "a credential is enough")
		overTCP, _, _ := r.connectPipe(guest)
		overTCP.allocate()
	})
}

// TestAConnectionHasALimitOfItsOwn: of unauthenticated requests.
func TestAConnectionHasALimitOfItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := startOn(t, turn.Limits{})
		c, _, _ := r.connectPipe(r.add("room", "guest"))
		for range 200 {
			c.ask(stun.MethodBinding)
		}
		c.write(binding())
		synctest.Wait()
		require.EqualValues(t, 1, r.Stats().Dropped["over_network"])
		time.Sleep(10 * time.Millisecond)
		c.ask(stun.MethodBinding)
	})
}

// TestRequestsOverTCPAreLimitedInAll: signed or not, of all connections without an allocation.
// What is beyond the limit waits, so that each client gets an answer.
func TestRequestsOverTCPAreLimitedInAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := startOn(t, turn.Limits{Requests: 20})
		guest, gone := r.add("room", "guest"), r.add("room", "gone")
		inUse, _, _ := r.connectPipe(guest)
		inUse.allocate()
		time.Sleep(time.Second)
		var clients []*raw
		for range 10 {
			c, _, _ := r.connectPipe(gone)
			c.challenge()
			clients = append(clients, c)
		}
		gone.gone.Store(true)
		began, answered := time.Now(), new(atomic.Int32)
		ask := func(c *raw) {
			require.Equal(t, 403, codeOf(c.ask(stun.MethodAllocate, udp)))
			answered.Add(1)
		}
		for _, c := range clients[1:] {
			ask(c) // below the limit
		}
		ask(clients[0]) // at it
		require.Zero(t, time.Since(began))
		for _, c := range clients {
			go ask(c)
		}
		synctest.Wait()
		require.EqualValues(t, 10, answered.Load(), "above it")
		require.Equal(t, 0, codeOf(inUse.ask(stun.MethodRefresh)))
		inUse.ask(stun.MethodBinding)
		require.Zero(t, time.Since(began), "a client with an allocation does not wait")
		time.Sleep(251 * time.Millisecond)
		synctest.Wait()
		require.EqualValues(t, 15, answered.Load(), "20 a second")
		time.Sleep(time.Second)
		require.EqualValues(t, 20, answered.Load())
	})
}

// TestARequestThatWaitsDelaysNoEnd of its connection.
func TestARequestThatWaitsDelaysNoEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := startOn(t, turn.Limits{Requests: 1})
		c, _, _ := r.connectPipe(r.add("room", "guest"))
		c.ask(stun.MethodBinding)
		c.write(binding())
		synctest.Wait()
		began := time.Now()
		r.Close()
		require.Less(t, time.Since(began), time.Second)
	})
}

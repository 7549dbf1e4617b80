package turn_test

import (
	"errors"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/stun/v4"
	"github.com/sebas642/intercessor/relayd/turn"
	"github.com/stretchr/testify/require"
)

// TestAnAllocationThatReplacesAnotherStays: a client that ends an allocation and makes another at
// once keeps the second one.
func TestAnAllocationThatReplacesAnotherStays(t *testing.T) {
	r := start(t, nil)
	c := r.raw("udp", r.add("room", "guest"))
	c.allocate()
	for range 200 {
		refresh := c.message(stun.MethodRefresh, lifetime(0))
		allocate := c.message(stun.MethodAllocate, udp)
		c.write(refresh.Raw)
		c.write(allocate.Raw)
		for range 2 {
			answer := &stun.Message{Raw: c.read()}
			require.NoError(t, answer.Decode())
			require.Equal(t, 0, codeOf(answer))
		}
		require.Equal(t, 0, codeOf(c.ask(stun.MethodRefresh)))
	}
}

// TestAllocationsEndWithTheirOwner: within a second, whatever the owner's transport.
func TestAllocationsEndWithTheirOwner(t *testing.T) {
	r := start(t, nil)
	kicked, other := r.add("room", "kicked"), r.add("room", "room")
	x, y := r.allocate("udp", kicked), r.allocate("tcp", kicked)
	z := r.allocate("udp", other)
	for _, c := range []*client{x, y} {
		z.permit(c)
		c.permit(z)
		c.send(z, "here")
		got, _ := z.receive()
		require.Equal(t, "here", got)
	}
	kicked.gone.Store(true)
	r.allocations(1)
	z.send(x, "gone")
	r.dropped("no_label", 1)
	require.Eventually(t, func() bool { return r.Stats().Connections == 0 }, within, time.Millisecond, "its connection ends, too")
	require.Error(t, x.pion.CreatePermission(z.LocalAddr()))

	replaced := r.add("room", "kicked")
	w := r.allocate("udp", replaced)
	w.permit(z)
	z.permit(w)
	w.send(z, "back")
	got, _ := z.receive()
	require.Equal(t, "back", got, "a new stay starts anew")
}

// TestAnAllocationEndsWithItsConnection: at once.
func TestAnAllocationEndsWithItsConnection(t *testing.T) {
	r := start(t, nil)
	for _, network := range []string{"tcp", "tls"} {
		conn := r.connect(network)
		c := rawOn(t, conn)
		c.username, c.password = r.Credential("room", r.add("room", "guest").id, time.Now().Add(time.Hour))
		c.allocate()
		require.Equal(t, 1, r.Stats().Allocations)
		require.NoError(t, conn.Close())
		r.allocations(0)
	}
}

// TestAnAllocationNeedsRefreshes: it ends after ten minutes without one.
func TestAnAllocationNeedsRefreshes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := startOn(t, turn.Limits{})
		guest := r.add("room", "guest")
		c := r.rawAt(w, "198.18.0.1:1000", guest)
		c.allocate()
		for range 12 {
			time.Sleep(10*time.Minute - time.Second)
			answer := c.ask(stun.MethodRefresh)
			if codeOf(answer) == 438 { // the nonce is an hour old
				nonce, err := answer.Get(stun.AttrNonce)
				require.NoError(t, err)
				c.nonce = string(nonce)
				answer = c.ask(stun.MethodRefresh)
			}
			require.Equal(t, 0, codeOf(answer))
		}
		require.Equal(t, 1, r.Stats().Allocations)
		time.Sleep(10*time.Minute + time.Second)
		require.Equal(t, 0, r.Stats().Allocations)
		require.Equal(t, 437, codeOf(c.ask(stun.MethodRefresh)))
	})
}

// TestAPermissionNeedsRefreshes: it ends after five minutes without one.
func TestAPermissionNeedsRefreshes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := startOn(t, turn.Limits{})
		c := r.rawAt(w, "198.18.0.1:1000", r.add("room", "guest"))
		require.Equal(t, 0, codeOf(c.bind(0x4000, c.allocate())))
		time.Sleep(5*time.Minute - time.Second)
		frame := data(0x4000, "permitted")
		c.write(frame)
		require.Equal(t, frame, c.read())
		time.Sleep(2 * time.Second)
		c.write(frame)
		synctest.Wait()
		require.EqualValues(t, 1, r.Stats().Dropped["no_permission"])
	})
}

// TestAConnectionNeedsAnAllocation: it is closed after half a minute without one.
func TestAConnectionNeedsAnAllocation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := startOn(t, turn.Limits{})
		guest := r.add("room", "guest")
		_, silent, _ := r.connectPipe(guest)
		busy, busyConn, _ := r.connectPipe(guest)
		used, usedConn, _ := r.connectPipe(guest)
		used.allocate()
		for range 28 {
			time.Sleep(time.Second)
			busy.ask(stun.MethodBinding)
		}
		require.Equal(t, 3, r.Stats().Connections)
		time.Sleep(4 * time.Second)
		for _, conn := range []net.Conn{silent, busyConn} {
			_, err := conn.Read(make([]byte, 1))
			require.Error(t, err)
		}
		require.EqualValues(t, 2, r.Stats().Dropped["idle"])
		require.Equal(t, 1, r.Stats().Connections)
		time.Sleep(5 * time.Minute)
		require.Equal(t, 0, codeOf(used.ask(stun.MethodRefresh)))
		require.Equal(t, 0, codeOf(used.ask(stun.MethodRefresh, lifetime(0))))
		time.Sleep(28 * time.Second)
		require.Equal(t, 1, r.Stats().Connections)
		time.Sleep(4 * time.Second)
		_, err := usedConn.Read(make([]byte, 1))
		require.Error(t, err, "its allocation has ended")
	})
}

// TestAllocateNeedsTheChallengeOfItsOwnSource: neither a client that forges its address nor one that
// has seen another's request can allocate.
func TestAllocateNeedsTheChallengeOfItsOwnSource(t *testing.T) {
	r, w := startOn(t, turn.Limits{})
	guest := r.add("room", "guest")
	c := r.rawAt(w, "198.18.0.1:1000", guest)
	c.challenge()
	request := c.message(stun.MethodAllocate, udp)
	for _, other := range []string{"198.18.0.1:1001", "198.18.0.2:1000", "[2001:db8::1]:1000"} {
		require.Equal(t, 401, codeOf(r.rawAt(w, other, guest).askWith(request)), other)
	}
	overTCP, _, _ := r.connectPipe(guest)
	require.Equal(t, 438, codeOf(overTCP.askWith(request)))
	require.Zero(t, r.Stats().Allocations)
	label := labelOf(t, c.askWith(request))
	require.Equal(t, 401, codeOf(r.rawAt(w, "198.18.0.1:1001", guest).askWith(request)))
	require.Equal(t, label, labelOf(t, c.askWith(request)), "it was sent again")
	require.Equal(t, 1, r.Stats().Allocations)
}

// TestAClientThatStopsReading: its queue fills, what comes then is dropped, others notice nothing,
// and its connection ends after ten seconds.
func TestAClientThatStopsReading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := startOn(t, turn.Limits{})
		server, guest := r.add("room", "room"), r.add("room", "guest")
		sender := r.rawAt(w, "198.18.0.1:1000", server)
		reader := r.rawAt(w, "198.18.0.1:1001", guest)
		slow, conn, _ := r.connectPipe(guest)
		own := sender.allocate()
		for i, c := range []*raw{slow, reader} {
			label := c.allocate()
			require.Equal(t, 0, codeOf(c.bind(0x4000, own)))
			require.Equal(t, 0, codeOf(sender.bind(uint16(0x4000+i), label)))
		}
		payload := string(make([]byte, 1200))
		for i := range 300 {
			sender.write(data(0x4000, payload))
			sender.write(data(0x4001, payload))
			require.Equal(t, data(0x4000, payload), reader.read(), "packet %d", i)
		}
		// One packet is being written. The others occupy their buffers, of 1,600 bytes each.
		synctest.Wait()
		const kept = 1 + (128<<10)/1600
		require.EqualValues(t, 300-kept, r.Stats().Dropped["queue_full"])
		time.Sleep(10 * time.Second)
		synctest.Wait()
		require.EqualValues(t, 1, r.Stats().Dropped["too_slow"])
		require.Equal(t, 2, r.Stats().Allocations)
		require.Equal(t, 0, r.Stats().Connections)
		_, err := conn.Read(make([]byte, 1))
		require.Error(t, err)
		require.Equal(t, 0, codeOf(sender.ask(stun.MethodRefresh)))
	})
}

// TestAClientThatReadsNoAnswers loses its connection after ten seconds, too.
func TestAClientThatReadsNoAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := startOn(t, turn.Limits{})
		_, conn, _ := r.connectPipe(r.add("room", "guest"))
		_, err := conn.Write(binding())
		require.NoError(t, err)
		begin := time.Now()
		_, err = conn.Write(binding())
		require.Error(t, err)
		require.Equal(t, 10*time.Second, time.Since(begin))
		synctest.Wait()
		require.Equal(t, 0, r.Stats().Connections)
	})
}

// TestAClientThatReadsSlowly keeps its connection, and gets the packets that waited first.
func TestAClientThatReadsSlowly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := startOn(t, turn.Limits{})
		c, _, _ := r.connectPipe(r.add("room", "guest"))
		require.Equal(t, 0, codeOf(c.bind(0x4000, c.allocate())))
		for i := range byte(20) {
			c.write(data(0x4000, string([]byte{i})))
		}
		for i := range byte(20) {
			time.Sleep(9 * time.Second)
			require.Equal(t, data(0x4000, string([]byte{i})), c.read())
		}
	})
}

// TestASocketThatFailsForAMoment: pion would stop reading.
func TestASocketThatFailsForAMoment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := startOn(t, turn.Limits{})
		w.errors <- errors.New("connection refused")
		r.rawAt(w, "198.18.0.1:1000", r.add("room", "guest")).allocate()
	})
}

// TestASocketWhoseCloseHasItsOwnError is closed nevertheless.
func TestASocketWhoseCloseHasItsOwnError(t *testing.T) {
	r := start(t, nil)
	socket, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	r.ServePacket(ownError{socket})
}

type ownError struct{ net.PacketConn }

func (s ownError) ReadFrom(into []byte) (int, net.Addr, error) {
	n, from, err := s.PacketConn.ReadFrom(into)
	if err != nil {
		err = errors.New("closed, in other words")
	}
	return n, from, err
}

func TestCloseEndsEverything(t *testing.T) {
	r := start(t, nil)
	guest := r.add("room", "guest")
	over := map[string]*raw{}
	for _, network := range []string{"udp", "tcp", "tls"} {
		over[network] = r.raw(network, guest)
		over[network].allocate()
	}
	r.connect("tcp")
	require.Eventually(t, func() bool { return r.Stats().Connections == 3 }, within, time.Millisecond)
	r.Close()
	require.Equal(t, 0, r.Stats().Allocations)
	require.Equal(t, 0, r.Stats().Connections)
	near, far := net.Pipe()
	defer near.Close()
	require.False(t, r.ServeConn(pipe{far, &net.TCPAddr{}}))
	socket, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	r.ServePacket(socket)
	_, err = socket.WriteTo(nil, socket.LocalAddr())
	require.ErrorIs(t, err, net.ErrClosed)
	r.Close() // again
}

// TestCloseInTheMidst: while clients allocate, relay and connect.
func TestCloseInTheMidst(t *testing.T) {
	for range 5 {
		r := start(t, func(c *turn.Config) { c.Limits = plenty })
		guest := r.add("room", "guest")
		stop := make(chan struct{})
		var busy sync.WaitGroup
		var frames [4][][]byte
		var clients []*raw
		for i := range frames {
			c := r.raw("udp", guest)
			require.Equal(t, 0, codeOf(c.bind(0x4000, c.allocate())))
			frames[i] = [][]byte{
				data(0x4000, "data"),
				c.message(stun.MethodRefresh, lifetime(0)).Raw,
				c.message(stun.MethodAllocate, udp).Raw,
				c.message(stun.MethodCreatePermission, to(&net.UDPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 1})).Raw,
			}
			clients = append(clients, c)
		}
		for i, c := range clients {
			busy.Go(func() {
				for n := 0; ; n++ {
					select {
					case <-stop:
						return
					default:
						c.write(frames[i][max(0, n%200-196)]) // mostly data
					}
				}
			})
		}
		busy.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					near, far := net.Pipe()
					r.ServeConn(pipe{far, &net.TCPAddr{IP: net.IPv4(198, 18, 0, 1), Port: 1}})
					near.SetDeadline(time.Now().Add(time.Millisecond))
					near.Write(allocating())
					near.Close()
				}
			}
		})
		require.Eventually(t, func() bool { return r.Stats().Packets > 100 }, within, time.Millisecond)
		closed := make(chan struct{})
		go func() {
			defer close(closed)
			r.Close()
		}()
		select {
		case <-closed:
		case <-time.After(within):
			require.FailNow(t, "it does not end")
		}
		require.Equal(t, 0, r.Stats().Allocations)
		require.Equal(t, 0, r.Stats().Connections)
		close(stop)
		busy.Wait()
	}
}

// TestCloseDoesNotWaitForAClientThatReadsNothing, although an answer to it is being written.
func TestCloseDoesNotWaitForAClientThatReadsNothing(t *testing.T) {
	r := start(t, func(c *turn.Config) {
		c.Limits = turn.Limits{BytesOfAllocation: 1 << 30, BytesOfRoom: 1 << 30, Bytes: 1 << 30}
	})
	guest := r.add("room", "guest")
	sender := r.raw("udp", r.add("room", "room"))
	conn := r.connect("tcp")
	require.NoError(t, conn.(*net.TCPConn).SetReadBuffer(4<<10))
	deaf := rawOn(t, conn)
	deaf.username, deaf.password = r.Credential("room", guest.id, time.Now().Add(time.Hour))
	own, label := sender.allocate(), deaf.allocate()
	require.Equal(t, 0, codeOf(deaf.bind(0x4000, own)))
	require.Equal(t, 0, codeOf(sender.bind(0x4000, label)))
	require.Eventually(t, func() bool {
		for range 100 {
			sender.write(data(0x4000, string(make([]byte, 1200))))
		}
		return r.Stats().Dropped["queue_full"] > 0
	}, within, time.Millisecond)
	answered := r.Stats().Refused[401]
	deaf.nonce = ""
	deaf.write(deaf.message(stun.MethodAllocate, udp).Raw)
	require.Eventually(t, func() bool { return r.Stats().Refused[401] > answered }, within, time.Millisecond)
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		r.Close()
	}()
	select {
	case <-closed:
	case <-time.After(9 * time.Second): // a write may take ten
		t.Fatal("Close waits for the client")
	}
}

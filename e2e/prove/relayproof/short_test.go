package relayproof

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/history"
	"github.com/sebas642/intercessor/e2e/virtual"
	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/relay"
)

// window is the relay's window, short enough that tests see its end.
const window = 4 * time.Second

// apart is how much virtual time lies between two connections of one ID, so that the checker
// knows their order (Rules.Skew) and sees whether both live on (Rules.Fence).
const apart = 2 * time.Second

// delay is the most that what a peer writes needs to the relay.
const delay = time.Millisecond

// A scene is a relay in a bubble, and the peers of one test.
type scene struct {
	t     *testing.T
	log   history.Log
	relay *virtual.Station
	line  *virtual.Line
	peers []*peer
}

// inScene runs a test in virtual time.
func inScene(t *testing.T, config relay.Config, test func(s *scene)) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		config.Window = window
		r := virtual.NewStation(config)
		s := &scene{t: t, relay: r, line: virtual.NewLine(r)}
		begin := time.Now()
		s.log.Clock = func() int64 { return int64(time.Since(begin)) + 1 }
		s.measure("before")
		t.Cleanup(func() {
			r.End()
			s.line.Close()
		})
		test(s)
	})
}

func (s *scene) measure(when string) {
	stats := s.relay.Stats()
	s.log.Add(history.Event{Kind: history.Measure, Name: "sessions", Value: float64(stats.Sessions), Reason: when})
	s.log.Add(history.Event{Kind: history.Measure, Name: "rooms", Value: float64(stats.Rooms), Reason: when})
}

func (s *scene) server(name string) *peer {
	p := newPeer(s.t, &s.log, s.line, "/server", name)
	p.connect(credential{})
	s.peers = append(s.peers, p)
	return p
}

func (s *scene) client(name string, server *peer) *peer {
	p := newPeer(s.t, &s.log, s.line, "/client/"+server.id, name)
	p.room = server.id
	p.connect(credential{})
	s.peers = append(s.peers, p)
	server.wait(name+" joining", func() bool { return server.known[p.id] != nil && server.known[p.id].present })
	return p
}

// judge ends every connection and checks the history. need is the least number of events of
// each kind.
func (s *scene) judge(need map[history.Kind]int) {
	s.t.Helper()
	for _, p := range s.peers { // messages from now on excuse nothing
		p.mu.Lock()
		p.frozen = true
		p.mu.Unlock()
	}
	for _, p := range s.peers {
		select {
		case <-p.now.over: // it has already left
		default:
			p.leave()
		}
	}
	time.Sleep(delay) // in virtual time: the last close frames arrive
	synctest.Wait()
	s.measure("after")
	report := history.Check(settle(&s.log, s.peers...), history.Rules{Window: window, Skew: time.Millisecond, Need: need})
	if !report.OK() {
		s.t.Errorf("the relay breaks the promise\n%v", report)
	}
}

func TestShortRoomsTalkAndDoNotMix(t *testing.T) {
	inScene(t, relay.Config{}, func(s *scene) {
		// What a peer writes in a row arrives at once: the relay handles it as one batch.
		s.line.SetWays(virtual.Way{Delay: delay}, virtual.Way{})
		one, two := s.server("one"), s.server("two")
		a, b, c := s.client("a", one), s.client("b", one), s.client("c", two)
		for range 3 {
			two.stray(a.id)
			c.stray(a.id)
			c.stray(one.id)
			for _, p := range []*peer{a, b, c} {
				p.send(p.room, 20, 100)
			}
			one.send(a.id, 20, 100)
			one.send(b.id, 20, 2000)
			two.send(c.id, 20, 100)
		}
		one.got(120)
		two.got(60)
		a.got(60)
		b.got(60)
		c.got(60)
		a.send(one.id, 50, 100) // the last messages of a peer that leaves
		a.leave()
		one.heardOf(history.Gone, 1)
		one.got(170)
		s.judge(map[history.Kind]int{history.Receive: 410, history.Gone: 1})
	})
}

func TestShortWhoIsCutComesBack(t *testing.T) {
	inScene(t, relay.Config{}, func(s *scene) {
		server := s.server("server")
		a, b := s.client("a", server), s.client("b", server)
		for round := 1; round <= 3; round++ {
			a.cut()
			server.heardOf(history.Away, round)
			server.send(a.id, 3, 100) // the receiver is away, and the sender knows it
			server.send(b.id, 3, 100)
			a.resume()
			server.heardOf(history.Back, round)
			a.send(server.id, 5, 100)
			server.send(a.id, 5, 100)
			a.got(5 * round)
			server.got(5 * round)
		}
		for round := 1; round <= 2; round++ { // the second round with the server
			server.cut()
			a.heardOf(history.Away, round)
			b.heardOf(history.Away, round)
			a.send(server.id, 3, 100)
			server.resume()
			server.heardOf(protocol.TypeRelayPresent, round)
			a.heardOf(history.Back, round)
			b.heardOf(history.Back, round)
			b.send(server.id, 5, 100)
			server.send(b.id, 5, 100)
			server.got(15 + 5*round)
			b.got(9 + 5*round)
		}
		s.judge(map[history.Kind]int{history.Away: 7, history.Back: 7})
	})
}

func TestShortTheHighestOrderLives(t *testing.T) {
	inScene(t, relay.Config{}, func(s *scene) {
		server := s.server("server")
		a := s.client("a", server)
		first := credential{a.token, a.gen, 0}
		resumed := a.connect(a.next()) // while the relay believes that the old connection lives
		time.Sleep(apart)
		server.send(a.id, 5, 100)
		a.got(5)
		late := func(c credential) { // a delayed or stolen copy
			k := a.dial(c)
			a.wait("the end of one of two connections", func() bool { return k.closed != 0 || resumed.closed != 0 })
			time.Sleep(apart)
		}
		late(credential{first.token, first.gen, 0}) // the same token, a lower attempt
		resumed = a.connect(a.next())
		time.Sleep(apart)
		late(credential{first.token, first.gen, 1 << 40}) // an old token, whatever its attempt
		server.send(a.id, 5, 100)
		a.got(10)
		server.connect(server.next())
		second := server.now
		time.Sleep(apart)
		server.send(a.id, 5, 100)
		a.got(15)
		require.Zero(s.t, second.closed)
		s.judge(map[history.Kind]int{history.Up: 5})
	})
}

func TestShortASlowServerLosesNothingInSilence(t *testing.T) {
	inScene(t, relay.Config{OutboxBytes: 128 << 10, HoldWithin: time.Second, WriteWithin: time.Hour}, func(s *scene) {
		server := s.server("server")
		a := s.client("a", server)
		server.pause(server.now, true)
		a.send(server.id, 40, 40_000)
		a.heardOf(protocol.TypeRelayUndelivered, 1)
		server.pause(server.now, false)
		// There is space again: new messages arrive after those that waited.
		a.send(server.id, 5, 100)
		last := a.sent[len(a.sent)-1].seq
		server.wait("what was sent last", func() bool {
			events := s.log.Events()
			for i := len(events) - 1; i >= 0; i-- {
				if e := events[i]; e.Kind == history.Receive && e.Seq == last {
					return true
				}
			}
			return false
		})
		s.judge(map[history.Kind]int{history.Receive: 9})
	})
}

func TestShortWhoStaysAwayIsGoneWhenTheWindowIsOver(t *testing.T) {
	inScene(t, relay.Config{}, func(s *scene) {
		server := s.server("server")
		a := s.client("a", server)
		a.send(server.id, 3, 100)
		server.got(3)
		a.cut()
		server.heardOf(history.Away, 1)
		server.heardOf(history.Gone, 1)
		server.send(a.id, 1, 10)
		s.judge(map[history.Kind]int{history.Gone: 1})
	})
}

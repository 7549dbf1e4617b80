package sdk

import (
	"fmt"
	"testing"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/protocol/link"
	"github.com/stretchr/testify/require"
)

// muxer is a mux without a session, and the far ends of its peers.
type muxer struct {
	*mux
	t     *testing.T
	far   map[protocol.ID]*link.Door
	peers map[protocol.ID]*peer
}

func newMuxer(t *testing.T, limits protocol.Limits) *muxer {
	m := &muxer{mux: &mux{budget: link.NewBudget(1 << 30), start: time.Now(), wake: make(chan struct{}, 1)}, t: t,
		far: make(map[protocol.ID]*link.Door), peers: make(map[protocol.ID]*peer)}
	m.starting.Do(func() {}) // the test is what runs
	m.heed(limits)
	return m
}

// meet returns a new peer whose link is open.
func (m *muxer) meet() *peer {
	id := protocol.ID(fmt.Sprintf("p-%d", len(m.peers)))
	p := &peer{id: id, mux: m.mux, door: link.NewDoor(link.Config{Client: true, Nonce: newLinkID(), Budget: m.budget, InFlight: [2]int{link.Relay: 1 << 20}})}
	p.timer = time.AfterFunc(time.Hour, func() {})
	p.timer.Stop()
	m.peers[id], m.far[id] = p, link.NewDoor(link.Config{Draw: newLinkID})
	p.do(func(now link.Time) { p.door.Link().PathUp(now, link.Relay) })
	m.drain()
	require.EqualValues(m.t, link.Version, p.door.Link().Version())
	return p
}

// next cuts a frame, and returns its receiver and its type. It does not arrive.
func (m *muxer) next() (to protocol.ID, e protocol.Envelope) {
	m.t.Helper()
	require.True(m.t, m.cut(), "there is a frame")
	e, err := protocol.ParseEnvelopeV1(append([]byte(nil), m.frame[1]...))
	require.NoError(m.t, err)
	return protocol.ID(e.To), e
}

// drain has all frames arrive, and their answers.
func (m *muxer) drain() {
	for m.cut() {
		e, err := protocol.ParseEnvelopeV1(append([]byte(nil), m.frame[1]...))
		require.NoError(m.t, err)
		m.arrive(protocol.ID(e.To), e)
	}
}

func (m *muxer) arrive(id protocol.ID, e protocol.Envelope) {
	h, err := link.ParseHeader(e.Link)
	require.NoError(m.t, err)
	far := m.far[id]
	entry := far.Receive(m.now(), e.Type, e.Message, &h)
	if entry.HasReply {
		m.answer(id, entry.Reply)
	}
	if l := far.Link(); l != nil {
		for f, ok := l.Next(m.now(), link.Relay); ok; f, ok = l.Next(m.now(), link.Relay) {
			m.answer(id, f)
		}
	}
}

func (m *muxer) answer(id protocol.ID, f link.Frame) {
	p := m.peers[id]
	p.do(func(now link.Time) { p.door.Receive(now, []byte(f.Type), f.AppendMessage(nil), &f.Header) })
}

// open returns streams of a peer whose first frames are under way.
func (m *muxer) open(p *peer, n int) (all []*link.Stream) {
	m.t.Helper()
	for range n {
		p.do(func(now link.Time) {
			s, err := p.door.Link().OpenStream(now, "x")
			require.NoError(m.t, err)
			all = append(all, s)
		})
	}
	for m.cut() {
	}
	m.paces = [2]pace{}
	return all
}

func (m *muxer) write(p *peer, all []*link.Stream, bytes int) {
	m.t.Helper()
	p.do(func(now link.Time) {
		for _, s := range all {
			_, err := s.Write(now, make([]byte, bytes))
			require.NoError(m.t, err)
		}
	})
}

func (m *muxer) send(p *peer, typ string, message []byte) {
	m.t.Helper()
	p.do(func(now link.Time) { require.NoError(m.t, p.door.Link().Send(now, typ, message, nil)) })
}

// TestW9Order: what is urgent goes ahead of what waits in all links, and a message ahead of the
// streams.
func TestW9Order(t *testing.T) {
	m := newMuxer(t, protocol.Limits{})
	crowd := make(map[*peer][]*link.Stream)
	for range 100 {
		p := m.meet()
		crowd[p] = m.open(p, 1)
	}
	quiet, late := m.meet(), m.meet()
	streams := m.open(late, 1)
	for p, all := range crowd {
		m.write(p, all, 10_000)
	}
	for range 50 {
		_, e := m.next()
		require.Equal(t, protocol.TypeLinkStream, string(e.Type))
	}
	m.send(quiet, "chat", []byte("1"))
	m.send(quiet, protocol.TypeOffer, []byte("{}"))
	quiet.do(func(now link.Time) { quiet.door.Link().Doubt(now, link.Relay) })
	for _, typ := range []string{protocol.TypeLinkAck, protocol.TypeOffer, "chat", protocol.TypeLinkStream} {
		to, e := m.next()
		require.Equal(t, typ, string(e.Type))
		require.Equal(t, typ != protocol.TypeLinkStream, to == quiet.id)
	}
	m.write(late, streams, 10)
	for range 49 {
		to, _ := m.next()
		require.NotEqual(t, late.id, to, "others wait for longer")
	}
	to, _ := m.next()
	require.Equal(t, late.id, to)
}

// TestW9Urgent: the urgent frames of many links go before a message of the first of them.
func TestW9Urgent(t *testing.T) {
	m := newMuxer(t, protocol.Limits{})
	var crowd []*peer
	for range 10 {
		crowd = append(crowd, m.meet())
	}
	for _, p := range crowd {
		m.send(p, "chat", ones(30_000))
		m.send(p, protocol.TypeOffer, []byte("{}"))
	}
	for i := range 20 {
		_, e := m.next()
		require.Equal(t, i < 10, string(e.Type) == protocol.TypeOffer, "frame %d is %s", i, e.Type)
	}
	require.False(t, m.cut())
}

// ones is a message of so many bytes.
func ones(bytes int) []byte {
	message := make([]byte, bytes)
	for i := range message {
		message[i] = '1'
	}
	return message
}

// TestW9Quarter: streams get a quarter of the bytes while messages wait, of one link or of
// several, and all of them otherwise.
func TestW9Quarter(t *testing.T) {
	for name, several := range map[string]bool{"of one link": false, "of several": true} {
		t.Run(name, func(t *testing.T) {
			m := newMuxer(t, protocol.Limits{})
			one := m.meet()
			other := one
			if several {
				other = m.meet()
			}
			m.write(one, m.open(one, 8), 16<<10)
			for range 12 {
				m.send(other, "chat", ones(20_000))
			}
			var bytes [2]int
			for range 12 {
				_, e := m.next()
				if string(e.Type) == protocol.TypeLinkStream {
					bytes[1] += len(m.frame[1])
				} else {
					bytes[0] += len(m.frame[1])
				}
			}
			share := float64(bytes[1]) / float64(bytes[0]+bytes[1])
			require.GreaterOrEqual(t, share, 0.2)
			if several {
				require.LessOrEqual(t, share, 0.35)
			}
		})
	}
}

// TestW9TurnsOfLinks: the streams of links take turns.
func TestW9TurnsOfLinks(t *testing.T) {
	m := newMuxer(t, protocol.Limits{})
	crowd := make(map[*peer][]*link.Stream)
	for range 5 {
		p := m.meet()
		crowd[p] = m.open(p, 4)
	}
	for p, all := range crowd {
		m.write(p, all, 8_000)
	}
	turns := make(map[protocol.ID]int)
	for range 20 {
		to, _ := m.next()
		turns[to]++
	}
	for _, n := range turns {
		require.Equal(t, 4, n, "%v", turns)
	}
}

// TestW9Pace: nine tenths of the rates that HELLO has named, and a burst of a tenth of a second.
// A message does not wait for the pace of streams.
func TestW9Pace(t *testing.T) {
	var p pace
	sent := 0
	for now := link.Time(1); now < 10*link.Second; now += link.Millisecond {
		for p.wait(now) == 0 {
			p.take(now, 1000, 1_000_000)
			sent += 1000
		}
	}
	require.InDelta(t, 9_000_000+90_000, sent, 2000)
	for range 1000 {
		p.take(1, 1<<20, 0)
	}
	require.Zero(t, p.wait(10*link.Second), "there may be no rate")

	m := newMuxer(t, protocol.Limits{StreamRate: 64 << 10})
	one := m.meet()
	m.write(one, m.open(one, 8), 16<<10)
	_, e := m.next()
	require.Equal(t, protocol.TypeLinkStream, string(e.Type))
	require.False(t, m.cut(), "it is more than the burst")
	require.Positive(t, m.wait(&m.paces[1]))
	require.Zero(t, m.wait(&m.paces[0]))
	m.send(one, "chat", []byte("1"))
	require.Positive(t, m.pause())
	m.paces[1] = pace{}
	require.Positive(t, m.pause(), "the pace may be over by then, and nothing else wakes run")
	m.paces[1].take(m.now(), 1<<20, 64<<10)
	_, e = m.next()
	require.Equal(t, "chat", string(e.Type))
	require.False(t, m.cut())
}

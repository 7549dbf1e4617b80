package link

import (
	"io"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/protocol"
)

// TestStreamsRandom lets two links with streams live through what a seed draws: writes, reads,
// ends and aborts of both sides, cuts of either path, single losses, frames that come late or
// twice, closes. Then nothing more breaks, and all must have ended as it should.
//
//	LINK_SEED=123 go test -run TestStreamsRandom ./protocol/link
//	LINK_FULL=1 go test -run TestStreamsRandom ./protocol/link
func TestStreamsRandom(t *testing.T) {
	first, count := uint64(0), uint64(60)
	if raceEnabled {
		count = 15
	}
	if os.Getenv("LINK_FULL") != "" {
		count = 2_000
	}
	if seed, err := strconv.ParseUint(os.Getenv("LINK_SEED"), 10, 64); err == nil {
		first, count = seed, 1
	}
	var sum [4]int
	for seed := first; seed < first+count && !t.Failed(); seed++ {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 3))
			w := newStreamWorld(t, r.IntN, []int{600_000, 1 << 20, 0}[r.IntN(3)])
			for range 100 + r.IntN(400) {
				w.act()
			}
			w.calm()
			for _, s := range w.streams {
				for x := range s.halves {
					sum[s.halves[x].outcome]++
				}
			}
		})
	}
	t.Logf("%d open, %d delivered, %d refused, %d unknown", sum[0], sum[Delivered], sum[Refused], sum[Unknown])
}

// FuzzStreams plays bytes as TestStreamsRandom plays what it draws.
func FuzzStreams(f *testing.F) {
	f.Add([]byte{0, 0, 7, 0, 8, 1, 1, 2, 0, 9, 7, 0, 5, 3, 1, 0, 4, 0, 7, 0, 9, 3, 1, 0})
	f.Add([]byte("every letter is some operation; the quick brown fox jumps over the lazy dog"))
	f.Fuzz(func(t *testing.T, events []byte) {
		if len(events) > 2_000 {
			return
		}
		w := newStreamWorld(t, func(n int) int {
			if len(events) == 0 {
				return 0
			}
			b := int(events[0])
			events = events[1:]
			if n > 256 {
				b *= n / 256
			}
			return b % n
		}, 600_000)
		for len(events) > 0 {
			w.act()
		}
		w.calm()
	})
}

// FuzzStreamFrame parses bodies, and writes again what they say.
func FuzzStreamFrame(f *testing.F) {
	for _, body := range []string{"\x02\x00x", "\x02\x01x", "\x02\x02", "\x02\x03\x81\x80\x01", "\x02\x04\x07why", "\x03\x05\x00", "\x03\x06", "\x02\x07", "\x82\x00\x00x", ""} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		message := appendBody(nil, body)
		require.NoError(t, protocol.Valid(message))
		back, ok := parseBody(message)
		require.Equal(t, len(body) <= maxStreamFrame, ok)
		if ok {
			require.Equal(t, string(body), string(back))
		}
		frame, ok := parseStreamFrame(body)
		if !ok || frame.kind > kindDone {
			return
		}
		again := appendFrame(nil, frame.id, frame.kind)
		switch frame.kind {
		case kindCredit:
			again = appendVarint(again, frame.n)
		case kindAbort, kindStop:
			again = appendReason(again, frame.reason())
		default:
			again = append(again, frame.rest...)
		}
		require.LessOrEqual(t, len(again), len(body), "a number takes no more bytes than it needs")
		same, ok := parseStreamFrame(again)
		require.True(t, ok)
		require.Equal(t, frame.reason(), same.reason())
		require.Equal(t, [2]uint64{frame.id, uint64(frame.kind)}, [2]uint64{same.id, uint64(same.kind)})
	})
}

// streamWorld is two links with streams and two paths.
type streamWorld struct {
	t       testing.TB
	draw    func(n int) int
	now     Time
	links   [2]*Link
	budgets [2]*Budget
	ways    [2][2][]carried // ways[x][p] goes from x to the other
	late    [2][]carried    // of the relay, which come later
	direct  bool            // there is the path
	streams []*testedStream
	byID    map[uint64]*testedStream
	closed  [2]bool
	ends    [2]End
	said    [2]int // messages
	heard   [2]int
}

type carried struct {
	bytes []byte
	text  bool
}

// testedStream is a stream and what its two applications know. halves[x] is the direction in
// which side x sends.
type testedStream struct {
	id     uint64
	sides  [2]*Stream // nil: not accepted
	halves [2]testedHalf
}

type testedHalf struct {
	written, read   int
	closed, aborted bool
	eof, failed     bool // what the reader has got
	outcome         OutcomeKind
}

func newStreamWorld(t testing.TB, draw func(int) int, budget int) *streamWorld {
	w := &streamWorld{t: t, draw: draw, now: 1, byID: map[uint64]*testedStream{}}
	for x := range w.links {
		w.budgets[x] = NewBudget(budget)
		o := offer{id: NewID(1), version: 2, g: [2]uint64{64 << 10, 64 << 10}}
		l := newLink(Config{Client: x == client, Budget: w.budgets[x], InFlight: [2]int{1 + draw(200_000), 1 + draw(200_000)}})
		l.phase, l.id = open, o.id
		l.out[Signalling].g, l.out[Data].g = 64<<10, 64<<10
		l.agree(2, Auto)
		l.PathUp(w.now, Relay)
		w.links[x] = l
	}
	return w
}

// octet is byte i of what side x writes on a stream.
func octet(id uint64, x, i int) byte { return byte(int(id)*31 + x*7 + i + i>>8*13 + i>>16*5) }

func (w *streamWorld) pump(x int) {
	l := w.links[x]
	for p := range Path(2) {
		for f, ok := l.Next(w.now, p); ok; f, ok = l.Next(w.now, p) {
			var m carried
			if p == Direct {
				m.bytes, m.text = f.AppendDirect(nil)
			} else {
				m.bytes, m.text = f.Append(nil, "p"), true
			}
			w.ways[x][p] = append(w.ways[x][p], m)
		}
	}
	if e := l.Effects(); e.Ended.How != 0 {
		require.Zero(w.t, w.ends[x])
		w.ends[x] = e.Ended
	}
	l.Effects().Reset()
	for _, s := range w.streams {
		if s.sides[x] == nil {
			continue
		}
		mine := &s.halves[x]
		kind, _ := s.sides[x].Sent()
		require.True(w.t, mine.outcome == 0 || mine.outcome == kind, "an outcome does not change: %d, then %d", mine.outcome, kind)
		switch mine.outcome = kind; kind {
		case Delivered:
			require.True(w.t, mine.closed && mine.read == mine.written, "delivered is read to the end")
		case Refused:
			require.False(w.t, mine.eof, "refused is never read to the end")
		}
	}
	for y, b := range w.budgets {
		out, in := b.Held()
		require.LessOrEqual(w.t, out, int(b.out.limit), "side %d", y)
		require.LessOrEqual(w.t, in, int(b.frames.limit+b.short.limit+b.long.limit))
	}
}

func (w *streamWorld) arrive(x int, p Path, m carried) {
	l := w.links[x]
	if p == Direct {
		l.ReceiveDirect(w.now, new(Health), m.bytes, m.text)
	} else {
		e, err := protocol.ParseEnvelopeV1(m.bytes)
		require.NoError(w.t, err)
		h, err := ParseHeader(e.Link)
		require.NoError(w.t, err)
		l.Receive(w.now, Relay, e.Type, append([]byte(nil), e.Message...), &h)
	}
	w.pump(x)
}

func (w *streamWorld) deliver(x int, p Path) bool {
	way := &w.ways[x][p]
	if len(*way) == 0 {
		return false
	}
	m := (*way)[0]
	*way = (*way)[1:]
	w.arrive(1-x, p, m)
	return true
}

// pick draws a stream that side x has.
func (w *streamWorld) pick(x int) *testedStream {
	if len(w.streams) == 0 {
		return nil
	}
	s := w.streams[w.draw(len(w.streams))]
	if s.sides[x] == nil {
		return nil
	}
	return s
}

func (w *streamWorld) open(x int) {
	s, err := w.links[x].OpenStream(w.now, "name")
	if err != nil {
		return
	}
	at := &testedStream{id: s.id}
	at.sides[x] = s
	w.streams = append(w.streams, at)
	w.byID[s.id] = at
}

func (w *streamWorld) accept(x int) {
	if s, ok := w.links[x].AcceptStream(w.now); ok {
		require.NotNil(w.t, w.byID[s.id])
		require.Nil(w.t, w.byID[s.id].sides[x], "accepted once")
		require.Equal(w.t, "name", s.Name())
		w.byID[s.id].sides[x] = s
	}
}

func (w *streamWorld) write(x int, s *testedStream, size int) {
	half := &s.halves[x]
	p := make([]byte, size)
	for i := range p {
		p[i] = octet(s.id, x, half.written+i)
	}
	n, err := s.sides[x].Write(w.now, p)
	require.True(w.t, err == nil || n == 0)
	half.written += n
}

func (w *streamWorld) read(x int, s *testedStream, size int) (n int) {
	half := &s.halves[1-x]
	p := make([]byte, size)
	n, err := s.sides[x].Read(w.now, p)
	for i, b := range p[:n] {
		require.Equal(w.t, octet(s.id, 1-x, half.read+i), b, "bytes once, in order, unchanged")
	}
	half.read += n
	require.LessOrEqual(w.t, half.read, half.written)
	require.True(w.t, n == 0 || !half.failed && !half.eof, "nothing comes after an error")
	switch {
	case err == io.EOF:
		require.True(w.t, half.closed, "EOF only after close")
		require.Equal(w.t, half.written, half.read, "EOF after all")
		require.NotEqual(w.t, Refused, half.outcome, "refused is never read to the end")
		half.eof = true
	case err != nil:
		half.failed = true
		if failed, ok := err.(*StreamError); ok {
			require.True(w.t, half.aborted || w.closed != [2]bool{} || failed.Code == CodeBusy)
		}
	}
	return n
}

func (w *streamWorld) directDown() {
	w.direct = false
	w.ways[0][Direct], w.ways[1][Direct] = nil, nil
	for x := range w.links {
		w.links[x].PathDown(w.now, Direct)
		w.pump(x)
	}
}

func (w *streamWorld) cut() {
	w.ways[0][Relay], w.ways[1][Relay] = nil, nil
	for x := range w.links {
		w.links[x].PathUp(w.now, Relay)
		w.pump(x)
	}
}

func (w *streamWorld) tick(d Time) {
	w.now += d
	for x := range w.links {
		w.links[x].Tick(w.now)
		w.pump(x)
	}
}

func (w *streamWorld) act() {
	x := w.draw(2)
	l := w.links[x]
	sizes := []int{1, 10, 500, 5_000, 20_000, 100_000}
	switch k := w.draw(64); {
	case k < 3:
		w.open(x)
	case k < 6:
		w.accept(x)
	case k < 16:
		if s := w.pick(x); s != nil {
			w.write(x, s, sizes[w.draw(len(sizes))])
		}
	case k < 28:
		if s := w.pick(x); s != nil {
			w.read(x, s, sizes[w.draw(len(sizes))])
		}
	case k < 30:
		if s := w.pick(x); s != nil {
			s.sides[x].CloseWrite()
			s.halves[x].closed = s.halves[x].closed || !s.halves[x].aborted
		}
	case k == 30:
		if s := w.pick(x); s != nil {
			s.sides[x].Abort(uint64(10+w.draw(5)), "abort")
			s.halves[x].aborted = true
		}
	case k == 31:
		if s := w.pick(x); s != nil {
			s.sides[x].Stop(uint64(20+w.draw(5)), "stop")
			s.halves[1-x].aborted = true // which is the answer
		}
	case k < 48:
		for range 1 + w.draw(8) {
			w.deliver(x, Path(k%2))
		}
	case k < 50:
		w.cut()
	case k < 52 && w.direct:
		w.directDown()
	case k < 52:
		w.direct = true
		for y := range w.links {
			w.links[y].PathUp(w.now, Direct)
			w.pump(y)
		}
	case k < 55:
		w.tick([]Time{Millisecond, 30 * Millisecond, 2 * Second, 20 * Second}[w.draw(4)])
	case k == 55 && len(w.ways[x][Relay]) > 0: // one is lost, with a word or not
		w.ways[x][Relay] = w.ways[x][Relay][1:]
		if w.draw(2) == 0 {
			l.Doubt(w.now, Relay)
		}
	case k == 56 && len(w.ways[x][Relay]) > 0: // one comes again later
		w.late[x] = append(w.late[x], w.ways[x][Relay][0])
	case k == 57 && len(w.late[x]) > 0:
		m := w.late[x][0]
		w.late[x] = w.late[x][1:]
		w.arrive(1-x, Relay, m)
	case k == 58:
		l.Flush(w.now)
	case k < 61:
		if l.Send(w.now, "chat", []byte(`1`), nil) == nil {
			w.said[x]++
		}
	case k < 63:
		if _, ok := l.Take(w.now, Data); ok {
			w.heard[x]++
		}
	case w.draw(8) == 0:
		l.Close(w.now)
		w.closed[x] = true
	}
	w.pump(x)
}

// calm lets nothing more break. Both applications read all, and write no more.
func (w *streamWorld) calm() {
	w.cut()
	for range 400 {
		busy := false
		for x := range w.links {
			for p := range Path(2) {
				for w.deliver(x, p) {
					busy = true
				}
			}
			for _, ok := w.links[x].Take(w.now, Data); ok; _, ok = w.links[x].Take(w.now, Data) {
				w.heard[x]++
			}
			for w.links[x].streams.fresh.len() > 0 {
				w.accept(x)
			}
			for _, s := range w.streams {
				if s.sides[x] == nil {
					continue
				}
				for w.read(x, s, 100_000) > 0 {
					busy = true
				}
				s.sides[x].CloseWrite()
				s.halves[x].closed = s.halves[x].closed || !s.halves[x].aborted
			}
			w.pump(x)
		}
		if !busy && w.links[0].Wake() == 0 && w.links[1].Wake() == 0 {
			break
		}
		w.tick(300 * Millisecond)
	}
	for x, l := range w.links {
		st := &l.streams
		if w.closed == [2]bool{} {
			require.Equal(w.t, open, l.phase, "%+v", w.ends[x])
			require.Equal(w.t, w.said[1-x], w.heard[x])
			require.Zero(w.t, l.Wake(), "silence")
			require.Equal(w.t, st.made, st.r)
			for _, s := range w.streams {
				if s.sides[x] == nil {
					continue
				}
				mine := &s.halves[x]
				require.NotZero(w.t, mine.outcome, "stream %d of %d", s.id, x)
				require.True(w.t, mine.outcome != Refused || mine.aborted || s.sides[1-x] == nil, "stream %d of %d: %+v", s.id, x, *mine)
				require.True(w.t, mine.outcome != Unknown || mine.aborted)
			}
		} else {
			require.GreaterOrEqual(w.t, l.phase, done, "%+v", l.ending)
			require.True(w.t, l.Over())
			require.Contains(w.t, []How{ClosedHere, ClosedThere}, w.ends[x].How)
		}
		wantNothingHeld(w.t, l)
	}
}

package link

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/protocol"
)

// TestRandom lets a client and a server live through what a seed draws: large
// messages, small budgets that others fill, slow applications, cuts, single
// messages that the relay drops, frames that come late or twice, closes at any
// time, a server that loses its memory. Then nothing more breaks, both take, and
// everything must have ended as it should. A failure says how to see it again.
//
//	LINK_SEED=123 go test -run TestRandom ./protocol/link
//	LINK_FULL=1 go test -run TestRandom ./protocol/link
func TestRandom(t *testing.T) {
	if seed, err := strconv.ParseUint(os.Getenv("LINK_SEED"), 10, 64); err == nil {
		newScript(t, seed).play()
		return
	}
	seeds := uint64(300)
	if raceEnabled {
		seeds = 50
	}
	if os.Getenv("LINK_FULL") != "" {
		seeds = 5_000
	}
	var sum [4]int
	late := uint64(0)
	for seed := range seeds {
		s := newScript(t, seed)
		s.play()
		if s.late {
			late++
		}
		for x := range s.n.sides {
			for _, o := range s.n.sides[x].outcomes {
				sum[o.Kind]++
			}
		}
	}
	require.LessOrEqual(t, late, seeds/20)
	t.Logf("%d seeds: %d delivered, %d refused, %d unknown", seeds, sum[Delivered], sum[Refused], sum[Unknown])
}

type script struct {
	*net
	n       *net
	r       *rand.Rand
	seed    uint64
	budgets [2]*Budget
	others  [2]int // bytes that other links hold of the budgets
	token   [2]int
	taken   [2]map[int]bool
	last    [2]int
	closed  [2]bool
	lively  bool // nothing may end the link but a Close
	late    bool // and it was ended because a part did not come
	size    int  // of large messages
	eager   [2]int
}

func newScript(t *testing.T, seed uint64) *script {
	s := &script{seed: seed, r: rand.New(rand.NewPCG(seed, 1)), taken: [2]map[int]bool{{}, {}}}
	s.lively = s.r.IntN(4) != 0
	s.size = []int{100, 10_000, 100_000, 250_000}[s.r.IntN(4)]
	s.eager = [2]int{s.r.IntN(5), s.r.IntN(5)}
	var configs [2]Config
	for x := range configs {
		s.budgets[x] = NewBudget([]int{0, 2_400_000, 6_000_000}[s.r.IntN(3)])
		configs[x] = Config{Budget: s.budgets[x], Window: [2]int{0, s.r.IntN(300_000)}, InFlight: [2]int{Relay: 1 + s.r.IntN(200_000)}, Hold: [2]int{0, 1 + s.r.IntN(300_000)}}
		if s.r.IntN(4) == 0 {
			configs[x].AckAfter = -1
		}
	}
	configs[client].Early = s.r.IntN(2) == 0
	configs[server].Mine = func(uint64) bool { return true }
	s.n = newNet(quiet{t, s}, configs[client], configs[server])
	s.net = s.n
	return s
}

// quiet adds the command that repeats a failure.
type quiet struct {
	*testing.T
	s *script
}

func (q quiet) Errorf(format string, args ...any) {
	q.T.Helper()
	q.T.Errorf("LINK_SEED=%d go test -run TestRandom ./protocol/link\n%s", q.s.seed, fmt.Sprintf(format, args...))
}

func (s *script) play() {
	for range 100 + s.r.IntN(300) {
		s.act()
		s.check()
	}
	s.calm()
}

func (s *script) act() {
	x := s.r.IntN(2)
	side := s.sides[x]
	l := s.net.link(x)
	switch k := s.r.IntN(100); {
	case l == nil:
		s.deliver(client)
		s.deliver(server)
		if s.r.IntN(5) == 0 {
			s.sleep(Second)
		}
	case k < 25:
		s.write(x)
	case k < 25+4*s.eager[x]:
		s.read(x)
	case k < 75:
		for range 1 + s.r.IntN(8) {
			s.deliver(x)
		}
	case k < 85:
		s.sleep([]Time{Millisecond, 30 * Millisecond, Second, 10 * Second}[s.r.IntN(4)])
	case k < 87:
		s.cut()
	case k < 89: // a side is away for a while
		s.up[x] = false
		l.PathDown(s.now, Relay)
		s.lose()
	case k < 91 && len(side.sending) > 0: // the relay drops one, and may say so
		i := s.r.IntN(len(side.sending))
		side.sending = append(side.sending[:i:i], side.sending[i+1:]...)
		if s.r.IntN(2) == 0 {
			l.Doubt(s.now, Relay)
			s.pump(x)
		}
	case k < 94 && len(side.sending) > 0: // one comes by another way, and perhaps again
		s.arrive(1-x, side.sending[s.r.IntN(len(side.sending))])
	case k < 96: // other links take of the budget, and give it back
		b := s.budgets[x]
		if s.others[x] > 0 {
			s.giveBack(x)
		} else if n := s.r.IntN(int(b.short.limit)); b.frames.reserve(n) {
			s.others[x] = n
			b.short.held.Add(int64(n))
			b.long.held.Add(int64(n))
		}
	case k < 97 && s.r.IntN(5) == 0:
		s.closed[x] = true
		l.Close(s.now)
		s.pump(x)
	case k < 98 && !s.lively && s.r.IntN(5) == 0:
		s.lively = false
		s.forgetful()
	case k < 99 && !s.lively && s.r.IntN(10) == 0:
		l.Abort(s.now, "timeout")
		s.pump(x)
	}
	if !s.up[x] && s.r.IntN(10) == 0 {
		s.comeBack(x)
	}
	l = s.net.link(x)
	if l != nil && l.config.AckAfter < 0 {
		l.Flush(s.now)
		s.pump(x)
	}
}

func (s *script) giveBack(x int) {
	s.budgets[x].frames.release(s.others[x])
	s.budgets[x].short.release(s.others[x])
	s.budgets[x].long.release(s.others[x])
	s.others[x] = 0
}

func (s *script) comeBack(x int) {
	s.up[x] = true
	for y := range s.sides {
		if l := s.net.link(y); l != nil && s.up[y] {
			l.PathUp(s.now, Relay)
			s.pump(y)
		}
	}
}

// forgetful is a server that starts again without its memory.
func (s *script) forgetful() {
	old := s.net.link(server)
	if old == nil {
		return
	}
	old.Abort(s.now, "killed")
	s.pump(server)
	old.Close(s.now) // its memory is gone
	config := s.sides[server].door.config
	config.Mine = nil // another program
	s.sides[server].door = NewDoor(config)
}

func (s *script) write(x int) {
	size := s.r.IntN(200)
	if s.r.IntN(10) == 0 {
		size = s.r.IntN(s.size)
	}
	s.token[x]++
	err := s.say(x, s.token[x], `"`+strconv.Itoa(s.token[x])+`:`+strings.Repeat([]string{"x", `\"`, "é"}[s.r.IntN(3)], size)+`"`)
	if err != nil {
		s.token[x]--
	}
}

func (s *script) read(x int) {
	m := s.take(x)
	if m == "" {
		return
	}
	number, _, _ := strings.Cut(m[1:], ":")
	k, err := strconv.Atoi(number)
	require.NoError(s.t, err)
	require.NoError(s.t, protocol.Valid([]byte(m)))
	require.Greater(s.t, k, s.last[x], "in order, and once")
	if s.lively {
		require.Equal(s.t, k, s.last[x]+1, "without a gap")
	}
	s.last[x] = k
	s.taken[x][k] = true
}

func (s *script) sleep(d Time) {
	for end := s.now + d; s.now < end; {
		s.now = min(end, s.now+d/3+1)
		s.tick()
	}
}

// check holds the outcomes against what was taken.
func (s *script) check() {
	for x := range s.sides {
		for _, end := range s.sides[x].ends {
			if end.Why == WhyLate { // a lost part and messages that take ten seconds
				s.lively, s.late = false, true
			}
		}
		for token, o := range s.sides[x].outcomes {
			switch o.Kind {
			case Delivered:
				require.True(s.t, s.taken[1-x][token.(int)], "delivered is taken: %v", token)
			case Refused:
				require.False(s.t, s.taken[1-x][token.(int)], "refused is never taken: %v", token)
			}
		}
		for _, l := range s.sides[x].links {
			require.LessOrEqual(s.t, l.out[Data].held, l.out[Data].hold+s.size*2+300)
		}
	}
}

func (s *script) calm() {
	for x := range s.sides {
		s.giveBack(x)
		if !s.up[x] {
			s.comeBack(x)
		}
		if l := s.net.link(x); l != nil {
			l.config.AckAfter = 20 * Millisecond
		}
	}
	for range 30 {
		s.pass(10 * Second)
		for x := range s.sides {
			if l := s.net.link(x); l != nil {
				for l.in[Data].inbox.len() > 0 {
					s.read(x)
				}
			}
		}
	}
	s.check()
	closed := s.closed[client] || s.closed[server]
	for x := range s.sides {
		if !s.lively { // the link may have ended in any way, or be half open
			if l := s.net.link(x); l != nil {
				l.Abort(s.now, "timeout")
				s.pump(x)
			}
		}
		require.Len(s.t, s.sides[x].outcomes, s.token[x], "every send has an outcome")
		for token, o := range s.sides[x].outcomes {
			if s.lively {
				require.True(s.t, o.Kind == Delivered || o.Kind == Refused && s.closed[1-x] || o.Kind == Refused && closed && s.net.link(server) == nil,
					"message %v of %d: %v", token, x, o)
			}
		}
		if s.lively && s.net.link(server) != nil {
			require.Equal(s.t, closed, len(s.sides[x].ends) > 0)
			require.Equal(s.t, closed, s.net.link(x).phase >= done)
			require.True(s.t, !closed || s.net.link(x).Over())
			require.Zero(s.t, s.net.link(x).Wake(), "silence")
		}
	}
	for x := range s.sides {
		for _, l := range s.sides[x].links {
			l.Close(s.now)
			l.Abort(s.now, "timeout")
		}
		out, in := s.budgets[x].Held()
		require.Zero(s.t, out, "bytes are still held to be sent")
		require.Zero(s.t, in, "bytes are still held that came")
	}
}

package quota

import "time"

const (
	// guessPatience is how long a guess may wait for the quota of its source. So at most
	// one or two guesses of a source wait at once.
	guessPatience = 10 * time.Second

	// wrongDelay is how long a wrong guess waits for its answer while the wrong guesses of
	// all sources exceed their rate.
	wrongDelay = time.Second
)

// GuessRates bound how often strangers may try IDs of rooms (B53).
type GuessRates struct {
	Source Rate // wrong guesses of one IPv4 address or /64
	All    Rate // wrong guesses of all sources together
}

// A Guess is one newcomer's request for a room. The zero Guess costs nothing.
type Guess struct {
	// Wait is how long to wait before looking for the room.
	Wait time.Duration

	// Never means that the guess is refused: its source may guess again after Wait.
	Never bool

	table *Table
	rates GuessRates
	from  *source // nil if the guess does not count for its source
	taken bool    // the guess is already counted as wrong
}

// Guess begins a guess of a connected peer. A lenient guess does not count for its source.
//
// If only wrong guesses were answered late, silence would tell a peer that its guess was
// wrong. So a source without quota has every guess looked at later, right or wrong. The rate
// of all sources together only delays the answers to wrong guesses: strangers can use it up,
// and it must not keep other peers out.
//
// Only wrong guesses cost, after the fact. So any number of right ones may come at once, and
// a few wrong ones beyond the rate, which the source pays for later.
func (t *Table) Guess(p Place, r GuessRates, lenient bool) Guess {
	t.mu.Lock()
	defer t.mu.Unlock()
	guess := Guess{table: t, rates: r}
	if lenient || p.own == nil || p.own == t.shared {
		return guess
	}
	now := t.now()
	guess.from = p.own
	guess.Wait = p.own.guesses.Wait(r.Source, 1, now)
	switch {
	case guess.Wait > guessPatience:
		guess.Never = true
	case guess.Wait > 0:
		guess.taken = true
		p.own.guesses.Take(r.Source, 1, now)
	}
	return guess
}

// Right ends a right guess. It costs nothing.
func (g Guess) Right() {
	if !g.taken {
		return
	}
	g.table.mu.Lock()
	defer g.table.mu.Unlock()
	g.from.guesses.Take(g.rates.Source, -1, g.table.now())
}

// Undecided ends a guess about which the relay cannot say whether it is right. As for a lenient
// one, its source does not pay. It returns how long to delay the answer.
func (g Guess) Undecided() time.Duration {
	g.Right()
	g.from, g.taken = nil, false
	return g.Wrong()
}

// Wrong ends a wrong guess. It returns how long to delay the answer.
func (g Guess) Wrong() time.Duration {
	t := g.table
	if t == nil {
		return 0
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	if g.from != nil && !g.taken {
		g.from.guesses.Take(g.rates.Source, 1, now)
	}
	if t.guesses.Wait(g.rates.All, 1, now) > 0 {
		return wrongDelay
	}
	t.guesses.Take(g.rates.All, 1, now)
	return 0
}

package quota

import "time"

const (
	// guessPatience is how long a guess of a source that has no more waits for its turn at
	// the most. So not more than one or two of a source wait at once.
	guessPatience = 10 * time.Second

	// wrongDelay is how long a wrong guess waits for its answer while all together are
	// beyond their rate.
	wrongDelay = time.Second
)

// GuessRates bound how often strangers may try IDs of rooms (B53).
type GuessRates struct {
	Source Rate // wrong guesses of one IPv4 address or /64
	All    Rate // wrong guesses of all sources together
}

// A Guess is one request for a room. The zero Guess costs nothing.
type Guess struct {
	// Wait is how long the room may not be looked for.
	Wait time.Duration

	// Never says that this guess is not to be looked at: its source may guess again
	// after Wait.
	Never bool

	table *Table
	rates GuessRates
	from  *source // nil if the guess does not count for its source
	taken bool    // it has been counted already
}

// Guess begins a guess of a connected peer. A lenient one does not count for its source.
//
// A peer learns from HELLO that its guess was right, and from silence that it was wrong,
// however late the answer comes. So a source that has no guesses left is not answered later:
// what it asks for is looked at later, and a right guess waits as a wrong one does. The rate of
// all together delays answers only, because strangers use it up: it must not keep out those
// who have not guessed wrong.
//
// A guess costs when it was wrong. So any number of right ones may come at once, and a
// few wrong ones too many: those cost the source later.
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

// Right ends a guess that costs nothing.
func (g Guess) Right() {
	if !g.taken {
		return
	}
	g.table.mu.Lock()
	defer g.table.mu.Unlock()
	g.from.guesses.Take(g.rates.Source, -1, g.table.now())
}

// Wrong ends a wrong guess. It returns how long its answer is to wait.
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

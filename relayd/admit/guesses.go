package admit

import (
	"maps"
	"net/netip"
	"sync"
	"time"
)

const (
	// guessPatience is how long a guess of a source that has no more waits for its turn at
	// the most. So not more than one or two of a source wait at once.
	guessPatience = 10 * time.Second

	// wrongDelay is how long a wrong guess waits for its answer while all together are
	// beyond their bound.
	wrongDelay = time.Second

	// maxGuessers bounds the memory of a Guesses.
	maxGuessers = 1 << 16
)

// Guesses bounds how often strangers may try IDs of rooms (PROTOCOL.md, B53). Its methods
// may be called concurrently.
//
// Whoever asks for a room learns from HELLO that the guess was right, and from silence
// that it was wrong, however late the answer comes. So a source that has no guesses
// left is not answered later: what it asks for is looked at later, and a right
// guess waits as a wrong one does. The bound of all together delays answers only, because
// it must not be in the way of those who have not guessed wrong.
type Guesses struct {
	exempt bool // loopback, from the bound of one source

	mu            sync.Mutex
	source, total Rate                    // guarded by mu
	all           bucket                  // guarded by mu
	sources       map[netip.Prefix]bucket // guarded by mu
	swept         time.Time               // guarded by mu: when sources was last tidied
}

// NewGuesses takes the bound of one source and of all. Loopback says whether loopback
// addresses are sources like others, as in [NewBudget].
func NewGuesses(source, total Rate, loopback bool) *Guesses {
	return &Guesses{exempt: !loopback, source: source, total: total, sources: make(map[netip.Prefix]bucket)}
}

// SetRates changes the bounds. What was guessed wrong before counts on.
func (g *Guesses) SetRates(source, total Rate) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.source, g.total = source, total
}

// A Guess is one request for a room. The zero Guess costs nothing.
type Guess struct {
	// Wait is how long the room may not be looked for.
	Wait time.Duration

	// Never says that this guess is not to be looked at: its source may guess again
	// after Wait.
	Never bool

	of      *Guesses
	source  netip.Prefix
	counted bool // towards the bound of the source
	taken   bool // it has been counted already
}

// Begin begins a guess. Lenient is one that its source does not answer for. A source
// without an address, which is on this machine, is exempt like loopback.
//
// A guess costs when it was wrong. So any number of right ones may come at once, and a
// few wrong ones too many: those cost the source later.
func (g *Guesses) Begin(from netip.Addr, lenient bool) Guess {
	guess := Guess{of: g}
	if lenient || !from.IsValid() || g.exempt && from.Unmap().IsLoopback() {
		return guess
	}
	now := time.Now()
	g.mu.Lock()
	defer g.mu.Unlock()
	guess.source, _ = Networks(from.Unmap().WithZone(""))
	guess.counted = g.remembers(guess.source, now)
	if !guess.counted {
		return guess
	}
	one := g.sources[guess.source]
	guess.Wait = one.wait(g.source, now)
	switch {
	case guess.Wait > guessPatience:
		guess.Never = true
	case guess.Wait > 0:
		guess.taken = true
		g.sources[guess.source] = one.take(g.source, 1, now)
	}
	return guess
}

// Right ends a guess that costs nothing.
func (guess Guess) Right() {
	if !guess.taken {
		return
	}
	g := guess.of
	g.mu.Lock()
	defer g.mu.Unlock()
	g.sources[guess.source] = g.sources[guess.source].take(g.source, -1, time.Now())
}

// Wrong ends a wrong guess. Its answer is to wait so long.
func (guess Guess) Wrong() time.Duration {
	g := guess.of
	if g == nil {
		return 0
	}
	now := time.Now()
	g.mu.Lock()
	defer g.mu.Unlock()
	if guess.counted && !guess.taken {
		g.sources[guess.source] = g.sources[guess.source].take(g.source, 1, now)
	}
	if g.all.wait(g.total, now) > 0 {
		return wrongDelay
	}
	g.all = g.all.take(g.total, 1, now)
	return 0
}

// remembers reports whether there is room for what this source has guessed wrong. Those
// for whom there is none are bounded with all others: if they shared one bound, who has
// many addresses could keep out who has another one.
func (g *Guesses) remembers(source netip.Prefix, now time.Time) bool {
	if _, known := g.sources[source]; known || len(g.sources) < maxGuessers {
		return true
	}
	if now.Sub(g.swept) >= time.Second {
		g.swept = now
		maps.DeleteFunc(g.sources, func(_ netip.Prefix, one bucket) bool { return !one.empty.After(now) })
	}
	return len(g.sources) < maxGuessers
}

package relayproof

import (
	"math/rand/v2"
	"slices"
	"sync"
)

// An identity is what all the programs know of one ID that they fight for.
type identity struct {
	url string // of the endpoint at which it connects
	to  string // its server's ID; "": it is a server

	mu     sync.Mutex
	id     string
	tokens []credential // what each HELLO brought; the attempt is of no meaning
	used   []credential
	open   []*contender
}

func (who *identity) name() string {
	who.mu.Lock()
	defer who.mu.Unlock()
	return who.id
}

func (who *identity) connected() []*contender {
	who.mu.Lock()
	defer who.mu.Unlock()
	return append([]*contender(nil), who.open...)
}

// credential picks what to resume with: the newest token, an older one, or exactly
// what was presented before. Attempts are few, so that many are the same.
func (who *identity) credential(random *rand.Rand) credential {
	who.mu.Lock()
	defer who.mu.Unlock()
	c := who.tokens[random.IntN(len(who.tokens))]
	switch n := random.IntN(10); {
	case n < 6:
		c = slices.MaxFunc(who.tokens, func(a, b credential) int { return int(a.gen) - int(b.gen) })
	case n < 8 && len(who.used) > 0:
		return who.used[random.IntN(len(who.used))]
	}
	c.attempt = 1 + random.Uint64N(5)
	who.used = append(who.used, c)
	return c
}

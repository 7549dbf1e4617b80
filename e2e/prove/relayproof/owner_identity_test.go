package relayproof

import (
	"math/rand/v2"
	"slices"
	"sync"
)

// An identity is what all programs know about one ID that they compete for.
type identity struct {
	url string // of the endpoint at which it connects
	to  string // its server's ID; "": it is a server

	mu     sync.Mutex
	id     string
	tokens []credential // from each HELLO; the attempt is unused
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

// credential draws a credential to resume with: the newest token, an older one, or exactly one
// that was presented before. There are few attempts, so that many are equal.
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

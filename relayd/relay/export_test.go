package relay

import "github.com/sebas642/intercessor/protocol"

// Access for the tests.

// RenewTokens makes the tokens of all v1 peers due for renewal.
func (r *Relay) RenewTokens() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for s := range r.sessions {
		if s.v1 {
			s.due.Store(1)
		}
	}
}

// ClockWasWrong makes the relay believe that the machine's clock was wrong until now.
func (r *Relay) ClockWasWrong() { r.clockWrong.Store(true) }

// Remembered returns what the relay keeps for peers that are away: the rooms on the sweeper's
// list, and the peers.
func (r *Relay) Remembered() (rooms int, absent int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.waiters), r.absent.Load()
}

// Fill limits the room of a server to one client.
func (r *Relay) Fill(server protocol.ID) {
	l := r.find(server)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.room.SetMost(1)
}

// Guessing adds to the number of peers that wait because of wrong guesses, and returns it.
func (r *Relay) Guessing(more int64) int64 { return r.guessing.Add(more) }

// LeastLate is how many sockets there are beyond Config.Sockets if those are few.
const LeastLate = leastLate

package relay

// Doors for the tests.

// RenewTokens has every v1 peer's token count as a third of its life old.
func (r *Relay) RenewTokens() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for s := range r.sessions {
		if s.v1 {
			s.due.Store(1)
		}
	}
}

// Remembered is how much the relay keeps for who is away: rooms to look at, and
// peers that are waited for.
func (r *Relay) Remembered() (rooms int, absent int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.waiters), r.absent.Load()
}

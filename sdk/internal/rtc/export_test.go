package rtc

// Unused counts the other peer's candidates that are not used.
func (p *Peer) Unused() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.candidates.unused
}

// FailICE simulates the failure of ICE, which would take half a minute.
func (p *Peer) FailICE() { p.onFailed(CauseNoPath) }

package rtc

// Unused counts the other peer's candidates that are not used.
func (p *Peer) Unused() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.candidates.unused
}

// FailICE does what the end of ICE does, for which it takes half a minute.
func (p *Peer) FailICE() { p.onFailed(CauseNoPath) }

package rtc

// FailICE does what the end of ICE does, for which it takes half a minute.
func (p *Peer) FailICE() { p.onFailed() }

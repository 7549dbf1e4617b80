package quota

import "time"

// A Pace measures what one peer sends, in frames and in bytes (B54). The goroutine that reads
// from the peer owns it.
type Pace struct {
	frames, bytes Meter
	tick          int64         // when now was read, in ticks
	now           time.Duration // since the start passed to Take
}

// PaceRates are how many frames and bytes a peer may send.
type PaceRates struct{ Frames, Bytes Rate }

// Take counts what a peer has sent, and returns how long to read nothing from it. Reading the
// clock costs more than counting, so Take reads it only once in each tick, and if the rate
// would be exceeded by the last reading. tick is the current tick, start the origin of times.
func (p *Pace) Take(r *PaceRates, frames, bytes int64, tick int64, start time.Time) time.Duration {
	if tick != p.tick {
		p.tick, p.now = tick, time.Since(start)
	}
	before := *p
	wait := p.spend(r, frames, bytes)
	if wait > 0 {
		*p = before
		p.now = time.Since(start)
		wait = p.spend(r, frames, bytes)
	}
	return wait
}

func (p *Pace) spend(r *PaceRates, frames, bytes int64) time.Duration {
	p.frames.Take(r.Frames, frames, p.now)
	p.bytes.Take(r.Bytes, bytes, p.now)
	return max(0, p.frames.over(r.Frames, p.now), p.bytes.over(r.Bytes, p.now))
}

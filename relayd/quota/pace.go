package quota

import "time"

// A Pace measures what one peer sends (B54). The goroutine that reads from the peer owns it.
type Pace struct {
	frames, bytes, streams Meter

	tick int64         // when now was read, in ticks
	now  time.Duration // since the start passed to Take
}

// PaceRates are how much a peer may send.
type PaceRates struct{ Frames, Bytes, Streams Rate }

// An Amount is what a peer has sent: frames, their bytes, and those of the bytes that are of
// byte streams.
type Amount struct{ Frames, Bytes, Streams int }

// Take counts what a peer has sent, and returns how long to read nothing from it. Reading the
// clock costs more than counting, so Take reads it only once in each tick, and if the rate
// would be exceeded by the last reading. tick is the current tick, start the origin of times.
func (p *Pace) Take(r *PaceRates, a Amount, tick int64, start time.Time) time.Duration {
	if tick != p.tick {
		p.tick, p.now = tick, time.Since(start)
	}
	before := *p
	wait := p.spend(r, a)
	if wait > 0 {
		*p = before
		p.now = time.Since(start)
		wait = p.spend(r, a)
	}
	return wait
}

func (p *Pace) spend(r *PaceRates, a Amount) time.Duration {
	p.frames.Take(r.Frames, int64(a.Frames), p.now)
	p.bytes.Take(r.Bytes, int64(a.Bytes), p.now)
	wait := max(0, p.frames.over(r.Frames, p.now), p.bytes.over(r.Bytes, p.now))
	if a.Streams > 0 {
		p.streams.Take(r.Streams, int64(a.Streams), p.now)
		wait = max(wait, p.streams.over(r.Streams, p.now))
	}
	return wait
}

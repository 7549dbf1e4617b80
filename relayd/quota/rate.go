package quota

import "time"

// A Rate allows Count in each Within, and all of them at once after a pause of that length.
type Rate struct {
	Count  int64
	Within time.Duration
}

// PerSecond returns the rate of so many a second, of which burst may come at once after a
// pause.
func PerSecond(count, burst int64) Rate {
	return Rate{burst, time.Duration(burst) * time.Second / time.Duration(count)}
}

// PerSecondFor returns the rate of so many a second, of which as many may come at once as in
// the time given.
func PerSecondFor(count int64, burst time.Duration) Rate {
	return Rate{max(1, int64(float64(count)*burst.Seconds())), burst}
}

// times returns the rate of a network that may have a multiple.
func (r Rate) times(n int64) Rate { return Rate{r.Count * n, r.Within} }

// cost is how long n of a rate take to recover.
func (r Rate) cost(n int64) time.Duration { return time.Duration(n * int64(r.Within) / r.Count) }

// A Meter is how much of a Rate is used up, as the generic cell rate algorithm measures it
// (ITU-T I.371): one number says all. Times are counted from an origin that the owner of the
// Meter chooses. The zero Meter is unused.
type Meter struct {
	recovered time.Duration // when nothing is used up
}

// Wait returns how long until n more fit.
func (m *Meter) Wait(r Rate, n int64, now time.Duration) time.Duration {
	after := *m
	after.Take(r, n, now)
	return max(0, after.over(r, now))
}

// over is how long until no more than the rate is used up, negative if it is less.
func (m *Meter) over(r Rate, now time.Duration) time.Duration { return m.recovered - now - r.Within }

// Take uses up n, whether or not they fit; a negative n gives back.
func (m *Meter) Take(r Rate, n int64, now time.Duration) {
	m.recovered = max(m.recovered, now) + r.cost(n)
}

// isIdle reports whether nothing is used up.
func (m *Meter) isIdle(now time.Duration) bool { return m.recovered <= now }

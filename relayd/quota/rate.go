package quota

import "time"

// A Rate allows Count in each Within, and a burst of Count after a pause of Within.
type Rate struct {
	Count  int64
	Within time.Duration
}

// PerSecond returns the rate of count a second with bursts of up to burst.
func PerSecond(count, burst int64) Rate {
	return Rate{burst, time.Duration(burst) * time.Second / time.Duration(count)}
}

// PerSecondFor returns the rate of count a second with bursts of what the rate allows in the
// duration burst.
func PerSecondFor(count int64, burst time.Duration) Rate {
	return Rate{max(1, int64(float64(count)*burst.Seconds())), burst}
}

// times returns n times the rate.
func (r Rate) times(n int64) Rate { return Rate{r.Count * n, r.Within} }

// cost returns how long n take to recover.
func (r Rate) cost(n int64) time.Duration { return time.Duration(n * int64(r.Within) / r.Count) }

// A Meter measures the use of a Rate by the generic cell rate algorithm (ITU-T I.371), with
// one number. Times are since an origin that the owner of the Meter chooses. The zero Meter is
// unused.
type Meter struct {
	recovered time.Duration // when nothing is used up any more
}

// Wait returns how long until n more fit.
func (m *Meter) Wait(r Rate, n int64, now time.Duration) time.Duration {
	after := *m
	after.Take(r, n, now)
	return max(0, after.over(r, now))
}

// over returns how long until use is within the rate. It is negative if use is below it.
func (m *Meter) over(r Rate, now time.Duration) time.Duration { return m.recovered - now - r.Within }

// Take uses up n, whether or not they fit. A negative n gives back.
func (m *Meter) Take(r Rate, n int64, now time.Duration) {
	m.recovered = max(m.recovered, now) + r.cost(n)
}

// isIdle reports whether nothing is used up.
func (m *Meter) isIdle(now time.Duration) bool { return m.recovered <= now }

package sdk

import "github.com/sebas642/intercessor/protocol/link"

// pace keeps what a session sends to nine tenths of a rate that the relay has named (W9). The
// relay takes at least a tenth of a second at once.
type pace struct {
	over link.Time // when all that was sent is over, at that rate
}

const paceBurst = link.Second / 10

// take counts bytes that are sent, at a rate in bytes a second. 0 is no rate.
func (p *pace) take(now link.Time, bytes, rate int) {
	if rate > 0 {
		p.over = max(p.over, now) + link.Time(bytes)*link.Second/9*10/link.Time(rate)
	}
}

// wait returns for how long nothing may be sent.
func (p *pace) wait(now link.Time) link.Time { return max(0, p.over-now-paceBurst) }

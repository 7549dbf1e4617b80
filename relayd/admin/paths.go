package admin

import "time"

// aMinute is a minute in samples.
const aMinute = int(time.Minute / sampleEvery)

// pathsJSON are series of statusJSON: the attempts of peers for a direct path in the last minute, by
// outcome.
type pathsJSON struct {
	Direct  []float64 `json:"direct"`
	TURN    []float64 `json:"turned"`
	Relayed []float64 `json:"relayed"`
	Failed  []float64 `json:"failed"`
}

func (p *pathsJSON) add(before, now sample) {
	was, is := before.Outcomes(), now.Outcomes()
	for outcome, to := range map[string]*[]float64{"direct": &p.Direct, "turn": &p.TURN, "relay": &p.Relayed, "failed": &p.Failed} {
		*to = append(*to, float64(is[outcome]-was[outcome]))
	}
}

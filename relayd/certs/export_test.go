package certs

import "time"

var RenewAt = renewAt

// PlanOfFailures is when attempts are made that all fail at once.
func PlanOfFailures(start time.Time, n int) (at []time.Time) {
	d := due{at: start}
	for range n {
		at = append(at, d.at)
		d.plan(nil, nil, d.at)
	}
	return at
}

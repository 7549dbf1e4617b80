package bubble

import (
	"fmt"
	"strings"
	"time"

	"github.com/sebas642/intercessor/e2e/history"
)

// A table adds up what many runs did.
type table struct {
	kinds      map[history.Kind]int
	broken     int // runs
	violations int
	virtual    time.Duration
}

func newTable() *table { return &table{kinds: map[history.Kind]int{}} }

func (s *table) add(v *verdict) {
	for kind, n := range v.report.Kinds {
		s.kinds[kind] += n
	}
	s.violations += len(v.problems)
	for _, n := range v.report.Count {
		s.violations += n
	}
	if !v.ok() {
		s.broken++
	}
	s.virtual += v.virtual
}

func (s *table) String() string {
	var b strings.Builder
	for _, kind := range []history.Kind{history.Send, history.Delivered, history.Refused, history.Unknown, history.Receive, history.Fault, history.Away, history.Back, history.Gone} {
		fmt.Fprintf(&b, "%s=%d ", kind, s.kinds[kind])
	}
	return fmt.Sprintf("%sviolations=%d virtual=%v", b.String(), s.violations, s.virtual.Round(time.Second))
}

package bubble

import (
	"fmt"
	"time"

	"github.com/sebas642/intercessor/e2e/history"
	"github.com/sebas642/intercessor/e2e/prove/talker"
)

// A table adds up the results of many runs.
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
	return fmt.Sprintf("%s violations=%d virtual=%v", talker.Tally(s.kinds), s.violations, s.virtual.Round(time.Second))
}

package history

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"sort"
	"sync"
)

// A Log accepts events from any goroutine, stamps them and stores them, in memory or as
// lines of JSON in a file. The zero value keeps them in memory.
type Log struct {
	// Clock stamps the events; nil means Now. A test with its own time sets it.
	Clock func() int64

	mu     sync.Mutex
	events []Event
	w      io.Writer
	err    error
}

// NewWriter returns a log that writes each event at once as one line, with one Write, so
// that a killed process has lost nothing that it had logged.
func NewWriter(w io.Writer) *Log { return &Log{w: w} }

// Add stamps an event, unless it has a stamp, and keeps it.
func (l *Log) Add(e Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if e.At == 0 {
		e.At = l.now()
	}
	if l.w == nil {
		l.events = append(l.events, e)
		return
	}
	line, err := json.Marshal(e)
	if err == nil {
		_, err = l.w.Write(append(line, '\n'))
	}
	if err != nil && l.err == nil {
		l.err = fmt.Errorf("history: an event could not be written: %w", err)
	}
}

func (l *Log) now() int64 {
	if l.Clock != nil {
		return l.Clock()
	}
	return Now()
}

// Events returns a copy of the events in memory.
func (l *Log) Events() []Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]Event(nil), l.events...)
}

// Err returns the first error of writing.
func (l *Log) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

// Read reads lines that a Log wrote. A last line that was cut off, by the end of its
// process, is left out; any other bad line is an error.
func Read(r io.Reader) ([]Event, error) {
	var events []Event
	lines := bufio.NewReader(r)
	for n := 1; ; n++ {
		line, err := lines.ReadBytes('\n')
		if err == io.EOF {
			return events, nil
		}
		if err != nil {
			return nil, fmt.Errorf("history: line %d: %w", n, err)
		}
		var e Event
		decoder := json.NewDecoder(bytes.NewReader(line))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&e); err != nil {
			return nil, fmt.Errorf("history: line %d is no event: %w", n, err)
		}
		events = append(events, e)
	}
}

// Merge merges logs of one machine by their stamps. Each log must be sorted;
// of events with the same stamp those of the earlier log come first.
func Merge(logs ...[]Event) []Event {
	var all []Event
	for _, log := range logs {
		all = append(all, log...)
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].At < all[j].At })
	return all
}

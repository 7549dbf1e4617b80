//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// A report prints results: a table for people, or a line of JSON each.
type report struct {
	to   io.Writer
	json bool
	mode string
}

func newReport(to io.Writer, json bool, mode string) *report {
	return &report{to: to, json: json, mode: mode}
}

// A result is what one measurement found, in the order of its table.
type result struct {
	title   string // for people; JSON has the figures
	figures []figure
}

type figure struct {
	key   string // in JSON, with its unit, never to change; empty: only for people
	label string // for people; empty: only in JSON
	value any
	unit  string
}

func (r *result) add(key, label string, value any, unit string) {
	r.figures = append(r.figures, figure{key, label, value, unit})
}

// millis adds a duration.
func (r *result) millis(key, label string, d time.Duration) {
	r.add(key, label, float64(d)/float64(time.Millisecond), "ms")
}

// print gives the result to the reader.
func (r *report) print(res result) error {
	if r.json {
		return r.line(res)
	}
	text := res.title + "\n"
	for _, f := range res.figures {
		if f.label != "" {
			text += strings.TrimRight(fmt.Sprintf("  %-34s%12s %s", f.label, human(f.value), f.unit), " ") + "\n"
		}
	}
	_, err := io.WriteString(r.to, text)
	return err
}

// line prints the result as one JSON object whose fields keep their order.
func (r *report) line(res result) error {
	text := `{"mode":` + strconv.Quote(r.mode)
	for _, f := range res.figures {
		if f.key == "" {
			continue
		}
		value, err := json.Marshal(f.value)
		if err != nil {
			return err
		}
		text += "," + strconv.Quote(f.key) + ":" + string(value)
	}
	_, err := fmt.Fprintln(r.to, text+"}")
	return err
}

// human writes a number with as many digits as mean something.
func human(value any) string {
	f, ok := value.(float64)
	switch {
	case !ok:
		return fmt.Sprint(value)
	case f >= 1000:
		return strconv.FormatFloat(f, 'f', 0, 64)
	case f >= 100:
		return strconv.FormatFloat(f, 'f', 1, 64)
	}
	return strconv.FormatFloat(f, 'f', 2, 64)
}

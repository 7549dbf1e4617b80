package doctor

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"
)

// A Printer writes results for a person: a line for each, and below a step that failed its
// cause and the advice.
type Printer struct {
	out   io.Writer
	color bool
}

// NewPrinter returns a Printer. It uses colors if the output is a terminal, unless NO_COLOR is
// set.
func NewPrinter(out io.Writer) *Printer {
	file, ok := out.(*os.File)
	if ok {
		info, err := file.Stat()
		ok = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return &Printer{out, ok && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"}
}

var marks = map[Status]struct{ mark, color string }{
	OK:      {"✓", "\x1b[32m"},
	Failed:  {"✗", "\x1b[31m"},
	Skipped: {"-", "\x1b[33m"},
}

// Result writes one result.
func (p *Printer) Result(r Result) {
	mark := marks[r.Status].mark
	if p.color {
		mark = marks[r.Status].color + mark + "\x1b[0m"
	}
	took, text := short(r.Took), r.Facts
	if r.Status == Skipped {
		took = ""
	}
	if text == "" {
		text = r.Cause
	}
	fmt.Fprintf(p.out, "%s %-12s %7s  %s\n", mark, r.Step, took, text)
	if r.Cause != "" && r.Cause != text {
		fmt.Fprintf(p.out, "      %s\n", r.Cause)
	}
	if r.Advice != "" {
		fmt.Fprintf(p.out, "      → %s\n", r.Advice)
	}
}

// Summary writes the last line.
func (p *Printer) Summary(r *Report) {
	text := fmt.Sprintf("%s: %d of %d steps passed", r.URL, r.count(OK), len(r.Steps))
	if n := r.count(Failed); n > 0 {
		text += fmt.Sprintf(", %d failed", n)
	}
	if n := r.count(Skipped); n > 0 {
		text += fmt.Sprintf(", %d not tried", n)
	}
	fmt.Fprintln(p.out, text+".")
}

// short writes a duration in at most seven characters.
func short(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

// WriteJSON writes a report as one JSON object.
func (r *Report) WriteJSON(out io.Writer) error {
	type step struct {
		Step   string  `json:"step"`
		Status Status  `json:"status"`
		Took   float64 `json:"ms"`
		Facts  string  `json:"facts,omitempty"`
		Cause  string  `json:"cause,omitempty"`
		Advice string  `json:"advice,omitempty"`
	}
	steps := make([]step, 0, len(r.Steps))
	for _, s := range r.Steps {
		steps = append(steps, step{s.Step, s.Status, float64(s.Took.Microseconds()) / 1000, s.Facts, s.Cause, s.Advice})
	}
	report := struct {
		URL   string `json:"url"`
		OK    bool   `json:"ok"`
		Steps []step `json:"steps"`
	}{r.URL, r.Exit() == exitOK, steps}
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(report)
}

// Package report prints what a benchmark has measured: a table for people, or a line of
// JSON for each result.
package report

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// A Report prints results one after another.
type Report struct {
	To   io.Writer
	JSON bool   // one object on a line of its own for each result
	Mode string // what was measured; a field of each object
}

// Print gives the result to the reader.
func (r Report) Print(res Result) error {
	if r.JSON {
		return r.line(res)
	}
	text := res.Title + "\n"
	for _, f := range res.figures {
		if f.label != "" {
			text += strings.TrimRight(fmt.Sprintf("  %-34s%12s %s", f.label, human(f.value), f.unit), " ") + "\n"
		}
	}
	_, err := io.WriteString(r.To, text)
	return err
}

// line prints the result as one JSON object whose fields keep their order.
func (r Report) line(res Result) error {
	text := `{"mode":` + strconv.Quote(r.Mode)
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
	_, err := fmt.Fprintln(r.To, text+"}")
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

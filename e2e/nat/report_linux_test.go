package nat_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"sync"
	"time"
)

var write = flag.Bool("write", false, "write the results into docs/connectivity.md; run all tests")

// results are the cells of the tables, by the names of the networks.
var results struct {
	sync.Mutex
	of map[string]string
}

// note keeps what a cell says.
func note(name, cell string) {
	results.Lock()
	defer results.Unlock()
	if results.of == nil {
		results.of = make(map[string]string)
	}
	results.of[name] = cell
}

// cell is a result as a table shows it: the path, and seconds to the first answer and to the path.
func (r result) cell(path string) string {
	return fmt.Sprintf("%s %.2f %.2f", path, r.Message.Seconds(), r.Path.Seconds())
}

// The results stand in the document between two lines.
const (
	document = "../../docs/connectivity.md"
	begins   = "<!-- make nat writes from here -->\n"
	ends     = "<!-- to here -->\n"
)

// report writes the results into the document.
func report() error {
	text, err := os.ReadFile(document)
	if err != nil {
		return err
	}
	before, rest, found := bytes.Cut(text, []byte(begins))
	_, after, also := bytes.Cut(rest, []byte(ends))
	if !found || !also {
		return fmt.Errorf("%s lacks the lines %q and %q", document, begins, ends)
	}
	r := &tables{}
	r.matrix()
	list(r, "a page in Chromium, and a native server without NAT", kinds, pageName)
	list(r, "other networks: server; client", meetings, func(m meeting) string { return m.name })
	list(r, "a TURN server of the operator's that does not answer, beside the relay's own: server; client", deaf, deafName)
	list(r, "what cannot connect, and what the SDK says, so many seconds after Dial", failures, func(f failure) string { return f.name })
	if r.missing != "" {
		return fmt.Errorf("no result for %s: run all tests", r.missing)
	}
	head := fmt.Sprintf("\nWritten by `make nat` on %s.\n", time.Now().Format(time.DateOnly))
	return os.WriteFile(document, bytes.Join([][]byte{before, []byte(begins + head), r.text.Bytes(), []byte("\n" + ends), after}, nil), 0o644)
}

// tables are the results as Markdown.
type tables struct {
	text    bytes.Buffer
	missing string // a name without a result
}

func (r *tables) result(name string) string {
	cell, ok := results.of[name]
	if !ok {
		r.missing = name
	}
	return cell
}

// matrix writes the table of all pairs.
func (r *tables) matrix() {
	row := func(first string, cell func(kind) string) {
		fmt.Fprintf(&r.text, "| %s |", first)
		for _, k := range kinds {
			fmt.Fprintf(&r.text, " %s |", cell(k))
		}
		r.text.WriteByte('\n')
	}
	r.text.WriteByte('\n')
	row("server \\ client", func(k kind) string { return k.name })
	row("---", func(kind) string { return "---" })
	for _, server := range kinds {
		row("**"+server.name+"**", func(client kind) string { return r.result(pair(server, client)) })
	}
}

// list writes a table of two columns.
func list[T any](r *tables, head string, rows []T, name func(T) string) {
	fmt.Fprintf(&r.text, "\n| %s | |\n| --- | --- |\n", head)
	for _, row := range rows {
		fmt.Fprintf(&r.text, "| %s | %s |\n", name(row), r.result(name(row)))
	}
}

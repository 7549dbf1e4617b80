package nat_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"sync"
	"time"
)

var write = flag.Bool("write", false, "write the results into docs/connectivity.md")

// results are what the tests have seen, by the name of the test.
var results struct {
	sync.Mutex
	of map[string]string
}

// note keeps what a cell of a table says.
func note(test, cell string) {
	results.Lock()
	defer results.Unlock()
	if results.of == nil {
		results.of = make(map[string]string)
	}
	results.of[test] = cell
}

// cell is a result as a table shows it: the path, and seconds to the first answer and to the path.
func (r result) cell(path string) string {
	return fmt.Sprintf("%s %.2f %.2f", path, r.Message.Seconds(), r.Path.Seconds())
}

// document is where the results stand, between two lines.
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
	var b bytes.Buffer
	b.Write(before)
	b.WriteString(begins)
	fmt.Fprintf(&b, "\nWritten by `make nat` on %s.\n\n", time.Now().Format(time.DateOnly))
	matrix(&b)
	b.WriteString("\nA page in Chromium, and a native server without NAT:\n\n")
	list(&b, "the page's network", kinds, pageName)
	b.WriteString("\nOther networks:\n\n")
	list(&b, "server; client", meetings, func(m meeting) string { return m.name })
	list(&b, "", deaf, deafName)
	b.WriteString("\nWhat cannot connect, and what the SDK says about it:\n\n")
	list(&b, "what", failures, func(f failure) string { return f.name })
	b.WriteByte('\n')
	b.WriteString(ends)
	b.Write(after)
	return os.WriteFile(document, b.Bytes(), 0o644)
}

// matrix writes the table of all pairs.
func matrix(b *bytes.Buffer) {
	row := func(first string, cell func(kind) string) {
		fmt.Fprintf(b, "| %s |", first)
		for _, k := range kinds {
			fmt.Fprintf(b, " %s |", cell(k))
		}
		b.WriteByte('\n')
	}
	row("server, client", func(k kind) string { return k.name })
	row("---", func(kind) string { return "---" })
	for _, server := range kinds {
		row("**"+server.name+"**", func(client kind) string { return results.of[pair(server, client)] })
	}
}

// list writes rows of a table of two columns, which begins with them if it has a head.
func list[T any](b *bytes.Buffer, head string, rows []T, name func(T) string) {
	if head != "" {
		fmt.Fprintf(b, "| %s | |\n| --- | --- |\n", head)
	}
	for _, r := range rows {
		fmt.Fprintf(b, "| %s | %s |\n", name(r), results.of[name(r)])
	}
}

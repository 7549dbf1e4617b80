package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"sync"
)

// A teller says what happens: in sentences on standard error, or with --json as objects, one a
// line.
type teller struct {
	quiet, json bool // static after parsing, as are the next two

	sentences io.Writer
	objects   io.Writer

	mu sync.Mutex // held while something is written
}

// begin says where the teller writes: objects go where results go.
func (t *teller) begin(std stdio) { t.sentences, t.objects = std.err, std.out }

// An event is what --json prints. Names may be added to it.
type event struct {
	Event  string `json:"event"`
	ID     string `json:"id,omitempty"`
	Client string `json:"client,omitempty"` // a link for programs
	Link   string `json:"link,omitempty"`   // the page's link
	Reach  string `json:"reach,omitempty"`  // how far the link works: machine, network or anywhere
	Name   string `json:"name,omitempty"`   // of a file, or of a target
	Path   string `json:"path,omitempty"`   // of a received file
	Files  int    `json:"files,omitempty"`
	Done   *int64 `json:"done,omitempty"` // bytes that are there
	Size   *int64 `json:"size,omitempty"` // bytes in all
	SHA256 string `json:"sha256,omitempty"`
	Route  string `json:"route,omitempty"` // relay, direct or turn
	Local  string `json:"local,omitempty"` // an address on this machine

	Problem string `json:"problem,omitempty"`
	Hint    string `json:"hint,omitempty"`
	Exit    int    `json:"exit,omitempty"`
}

// tell says what happens. A sentence ends without its full stop.
func (t *teller) tell(e event, format string, args ...any) {
	if t.json {
		t.object(e)
		return
	}
	if t.quiet {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	fmt.Fprintf(t.sentences, "%s.\n", cleanText(fmt.Sprintf(format, args...), 2*maxText))
}

// result prints a line that scripts read, or its object.
func (t *teller) result(out io.Writer, e event, line string) {
	if t.json {
		t.object(e)
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	fmt.Fprintln(out, line)
}

func (t *teller) object(e event) {
	e.Name, e.Problem = cleanText(e.Name, maxLine), cleanText(e.Problem, maxLine) // a peer may have chosen them
	text, _ := json.Marshal(e)                                                    // strings and numbers
	t.mu.Lock()
	defer t.mu.Unlock()
	_, _ = t.objects.Write(append(text, '\n'))
}

// failed says the error of a command as an object, if objects are wanted.
func (inv *invocation) failed(ctx context.Context, err error) error {
	if err == nil || !inv.json {
		return err
	}
	c := explain(ctx, err)
	inv.object(event{Event: "error", Problem: c.problem, Hint: c.hint, Exit: c.code})
	return exitError(c.code)
}

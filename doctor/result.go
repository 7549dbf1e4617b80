package doctor

import (
	"fmt"
	"time"
)

// Status is the outcome of a step.
type Status string

// The outcomes of a step.
const (
	OK      Status = "ok"
	Failed  Status = "failed"
	Skipped Status = "skipped" // not tried
)

// A Result is the outcome of one step. Its texts are one line each and safe to print.
type Result struct {
	Step   string
	Status Status
	Took   time.Duration
	Facts  string // what was found; may be empty
	Cause  string // one sentence; empty if the status is OK
	Advice string // what to change; may be empty

	final bool // the later steps cannot be tried
}

// A Report is the outcome of all steps.
type Report struct {
	URL   string
	Steps []Result
}

// The exit codes of a program that prints a report.
const (
	exitOK      = 0
	exitFailed  = 1
	exitSkipped = 2
)

// Exit returns the exit code for a report: 0 if all steps passed, 1 if one failed, and 2 if
// none failed but some were not tried.
func (r *Report) Exit() int {
	switch {
	case r.count(Failed) > 0:
		return exitFailed
	case r.count(Skipped) > 0:
		return exitSkipped
	}
	return exitOK
}

func (r *Report) count(status Status) (n int) {
	for _, step := range r.Steps {
		if step.Status == status {
			n++
		}
	}
	return n
}

// Passed returns the result of a step that passed.
func Passed(facts string, args ...any) Result {
	return Result{Status: OK, Facts: fmt.Sprintf(facts, args...)}
}

// Fail returns the result of a step that failed. The cause is one sentence, and the advice
// names the setting to change.
func Fail(cause, advice string) Result {
	return Result{Status: Failed, Cause: cause, Advice: advice}
}

func skip(cause, advice string) Result {
	return Result{Status: Skipped, Cause: cause, Advice: advice}
}

// with adds facts to a result.
func (r Result) with(facts string) Result {
	r.Facts = facts
	return r
}

// last marks a result after which nothing else can be tried.
func (r Result) last() Result {
	r.final = true
	return r
}

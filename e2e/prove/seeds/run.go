package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"
)

// runWithin bounds the build and run of one seeded bug. A bug may hang.
const runWithin = 3 * time.Minute

// tryFor is how long a proof with random scripts looks for the bug.
const tryFor = "70s"

// A Result is the result of one seeded bug.
type Result struct {
	Seed   Seed
	Named  []string // the rules that the proof named, each once
	Failed bool     // the proof failed, as it should
	Built  bool     // it could be compiled
	Err    error    // the bug could not be tried
	Output string
	Took   time.Duration
}

// Caught reports whether the proof failed and named the bug's rule.
func (r Result) Caught() bool {
	return r.Err == nil && r.Built && r.Failed && slices.Contains(r.Named, r.Seed.Rule)
}

// Verdict returns the result in a few words.
func (r Result) Verdict() string {
	switch {
	case r.Err != nil:
		return "NOT TRIED: " + firstLine(r.Err.Error())
	case !r.Built:
		return "DOES NOT COMPILE"
	case r.Caught():
		return "caught"
	case !r.Failed:
		return "NOT CAUGHT"
	case len(r.Named) == 0:
		return "FAILED, NO RULE NAMED"
	}
	return "CAUGHT BY OTHERS ONLY"
}

// Try puts a seeded bug in and runs its suite. A seed without edits is the proof itself.
func Try(ctx context.Context, root string, s Seed) Result {
	begin := time.Now()
	r := Result{Seed: s}
	folder, err := os.MkdirTemp("", "intercessor-seed-")
	if err != nil {
		r.Err = err
		return r
	}
	defer os.RemoveAll(folder)
	overlay, err := Apply(root, folder, s)
	if err != nil {
		r.Err = err
		return r
	}
	ctx, cancel := context.WithTimeout(ctx, runWithin)
	defer cancel()
	r.Output, err = goTest(ctx, root, overlay, s.Suite)
	r.Took = time.Since(begin)
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		r.Err = fmt.Errorf("go test could not be run: %w", err)
		return r
	}
	r.Failed = err != nil
	r.Named, r.Built = parse(r.Output)
	if ctx.Err() != nil && !r.Failed {
		r.Err = ctx.Err()
	}
	return r
}

// goTest runs a suite in its own process group, so that the test's children end with it at the
// time limit.
func goTest(ctx context.Context, root, overlay string, suite Suite) (string, error) {
	cmd := exec.CommandContext(ctx, "go", "test", "-overlay", overlay, "-count", "1", "-failfast", "-timeout", "100s", "-run", suite.Run, suite.Package)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "INTERCESSOR_PROVE=", "INTERCESSOR_FOR="+tryFor, "INTERCESSOR_OVERLAY="+overlay) // for programs that the suite builds
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 5 * time.Second
	out, err := cmd.CombinedOutput()
	return string(out), err
}

var (
	broken  = regexp.MustCompile(`(?m)^\s*(?:.*: )?broken (C\d+|need): `)
	failed  = regexp.MustCompile(`(?m)^--- FAIL: Test(?:Native|Health|InFlight|Repair)?([FLNSW]\d+)`) // a test of a rule of PROTOCOL.md or docs/cluster.md
	unbuilt = regexp.MustCompile(`(?m)^FAIL\s.*\[(build|setup) failed\]`)
)

// parse returns the rules that a proof's output names, and whether the proof was built.
func parse(output string) (named []string, built bool) {
	for _, m := range append(broken.FindAllStringSubmatch(output, -1), failed.FindAllStringSubmatch(output, -1)...) {
		if !slices.Contains(named, m[1]) {
			named = append(named, m[1])
		}
	}
	return named, !unbuilt.MatchString(output)
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"strings"
	"text/tabwriter"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is main without os.Exit. It returns 0 for success, 1 for a failure, 2 for a usage error.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("seeds", flag.ContinueOnError)
	flags.SetOutput(stderr)
	only := flags.String("run", "", "try the seeded bugs whose rule and name match the `pattern`")
	list := flags.Bool("list", false, "list them and run nothing")
	verbose := flags.Bool("v", false, "print the output of each proof")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	pattern, err := regexp.Compile(*only)
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 2
	}
	root, err := findRoot()
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	var seeds []Seed
	for _, s := range all() {
		if pattern.MatchString(s.Rule + " " + s.Name) {
			seeds = append(seeds, s)
		}
	}
	if *list {
		for _, s := range seeds {
			fmt.Fprintf(stdout, "%-4s %-11s %s\n", s.Rule, s.Suite.name(), s.Name)
		}
		return 0
	}
	sound := soundSuites(ctx, root, seeds, stdout)
	var results []Result
	for _, s := range seeds {
		if ctx.Err() != nil {
			break
		}
		r := Result{Seed: s, Err: fmt.Errorf("its suite fails without a bug")}
		if sound[s.Suite] {
			r = Try(ctx, root, s)
		}
		results = append(results, r)
		fmt.Fprintf(stdout, "%s: %s %s (%.1fs)\n", r.Verdict(), s.Rule, s.Name, r.Took.Seconds())
		if *verbose || !r.Caught() {
			fmt.Fprintln(stdout, indent(r))
		}
	}
	return report(stdout, results, len(seeds))
}

// soundSuites runs each suite once without a bug. A suite that then fails proves nothing.
func soundSuites(ctx context.Context, root string, seeds []Seed, stdout io.Writer) map[Suite]bool {
	sound := map[Suite]bool{}
	for _, s := range seeds {
		if _, done := sound[s.Suite]; done || ctx.Err() != nil {
			continue
		}
		r := Try(ctx, root, Seed{Name: "no bug", Suite: s.Suite})
		sound[s.Suite] = r.Err == nil && !r.Failed
		fmt.Fprintf(stdout, "%s without a bug: %s (%.1fs)\n", s.Suite.Package, map[bool]string{true: "passes", false: "FAILS"}[sound[s.Suite]], r.Took.Seconds())
		if !sound[s.Suite] {
			fmt.Fprintln(stdout, indent(r))
		}
	}
	return sound
}

// report prints the table and the sum.
func report(stdout io.Writer, results []Result, asked int) int {
	table := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "\nrule\tnamed\tverdict\tseconds\tsuite\tthe bug")
	caught := 0
	var took time.Duration
	for _, r := range results {
		if r.Caught() {
			caught++
		}
		took += r.Took
		fmt.Fprintf(table, "%s\t%s\t%s\t%.1f\t%s\t%s\n", r.Seed.Rule, strings.Join(r.Named, " "), r.Verdict(), r.Took.Seconds(), r.Seed.Suite.name(), r.Seed.Name)
	}
	_ = table.Flush()
	fmt.Fprintf(stdout, "\n%d of %d seeded bugs caught by their rules, in %v\n", caught, asked, took.Round(time.Second))
	if caught < asked {
		return 1
	}
	return 0
}

func (s Suite) name() string { return s.Package[strings.LastIndex(s.Package, "/")+1:] }

// indent returns the end of a proof's output, and why the proof was not tried.
func indent(r Result) string {
	text := r.Output
	if r.Err != nil {
		text += r.Err.Error()
	}
	if len(text) > 6000 {
		text = "…" + text[len(text)-6000:]
	}
	return "    " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n    ")
}

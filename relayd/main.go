// Command relayd is the Intercessor relay: it introduces WebRTC peers to one
// another, carries their messages until they talk directly, and serves the
// demonstration page.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
)

const usage = `relayd introduces WebRTC peers to one another and carries their messages.

Usage:
  relayd [serve] [flags]   run the relay (on 127.0.0.1:8000)
  relayd version           print the version
  relayd help              print this

Flags of serve:
`

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// run is main without the process: 0 is success, 1 a failure, 2 a mistake in the call.
func run(args []string, stdout, stderr io.Writer) int {
	command := "serve"
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		command, args = args[0], args[1:]
	}
	switch command {
	case "serve":
		return serveCommand(args, stderr)
	case "version":
		fmt.Fprintln(stdout, "relayd", version(), runtime.Version())
		return 0
	case "help":
		flags, _ := serveFlags()
		flags.SetOutput(stdout)
		flags.Usage()
		return 0
	}
	fmt.Fprintf(stderr, "relayd: unknown command %q; `relayd help` lists them\n", command)
	return 2
}

func serveCommand(args []string, stderr io.Writer) int {
	flags, s := serveFlags()
	flags.SetOutput(stderr)
	if level := os.Getenv("RELAYD_LOG"); level != "" {
		if err := s.logLevel.UnmarshalText([]byte(level)); err != nil {
			fmt.Fprintf(stderr, "relayd: RELAYD_LOG is %q, and must be debug, info, warn or error\n", level)
			return 2
		}
	}
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	case flags.NArg() > 0:
		fmt.Fprintf(stderr, "relayd: %q is no flag of serve; `relayd help` lists them\n", flags.Arg(0))
		return 2
	}
	if err := s.check(); err != nil {
		fmt.Fprintln(stderr, "relayd:", err)
		return 2
	}
	log := s.newLog(stderr)

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := serve(ctx, stop, s, log); err != nil {
		log.Error("ended", "error", err)
		return 1
	}
	return 0
}

func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			return setting.Value
		}
	}
	return info.Main.Version
}

// Command relayd is the Intercessor relay: it introduces WebRTC peers to one
// another, carries their messages until they talk directly, and serves the
// demonstration page.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/sebas642/intercessor/relayd/config"
)

const usage = `relayd introduces WebRTC peers to one another and carries their messages.

Usage:
  relayd [serve] [flags]   run the relay (on 127.0.0.1:8000)
  relayd check [flags]     look at the configuration, and print what is in force
  relayd healthcheck       ask the relay of the same configuration whether it is well
  relayd doctor [URL]      take each step of a client of the relay, and say what to change
  relayd hash              ask for a passphrase, and print its hash for the configuration
  relayd version           print the version; so does relayd --version
  relayd help              print this

Each flag can also be a variable (RELAYD_DRAIN for --drain) or a key in the file of
--config: docs/configuration.md has them all, relayd.example.toml is such a file.

Without a URL, doctor takes it from the configuration. It has flags of its own:
      --json                        print one JSON object, for a monitor
      --long[=duration]             also keep a connection open for 70s
      --page url                    also connect as a page of this address
      --secret-file file            the access secret of a server
      --client-secret-file file     that of a client, if it is another one

Flags of serve, check, healthcheck and doctor:
`

func main() {
	os.Exit(run(os.Args[1:], os.Environ(), os.Stdin, os.Stdout, os.Stderr))
}

// run returns the exit code: 0 is success, 1 a failure, 2 a mistake in the command line or
// the configuration.
func run(args, environ []string, stdin io.Reader, stdout, stderr io.Writer) int {
	command := "serve"
	switch {
	case len(args) == 0:
	case args[0] == "--version":
		command = "version"
	case !strings.HasPrefix(args[0], "-"):
		command, args = args[0], args[1:]
	}
	var examined examination
	if command == "doctor" {
		var err error
		if examined, args, err = parseExamination(args); err != nil {
			fmt.Fprintln(stderr, "relayd:", err)
			return 2
		}
	}
	switch command {
	case "serve", "check", "healthcheck", "doctor":
		hangups := make(chan os.Signal, 1)
		if command == "serve" {
			signal.Notify(hangups, syscall.SIGHUP) // first, because an unhandled SIGHUP ends the process; Windows has none
		}
		load := func() (*config.Config, config.Sources, error) { return config.Load(args, environ) }
		c, sources, err := load()
		switch {
		case errors.Is(err, config.ErrHelp):
			fmt.Fprint(stdout, usage, config.Help())
			return 0
		case err != nil:
			for line := range strings.Lines(err.Error()) {
				fmt.Fprintln(stderr, "relayd:", strings.TrimSuffix(line, "\n"))
			}
			if command == "healthcheck" {
				return 1 // Docker keeps 2 for itself
			}
			return 2
		case command == "check":
			return checkCommand(c, sources, stdout, stderr)
		case command == "healthcheck":
			return healthcheckCommand(c, stdout, stderr)
		case command == "doctor":
			return doctorCommand(c, examined, stdout, stderr)
		}
		return serveCommand(c, sources, load, hangups, stderr)
	case "hash":
		return hashCommand(args, stdin, stdout, stderr)
	case "version":
		fmt.Fprintln(stdout, "relayd", version(), runtime.Version())
		return 0
	case "help":
		fmt.Fprint(stdout, usage, config.Help())
		return 0
	}
	fmt.Fprintf(stderr, "relayd: unknown command %q; `relayd help` lists them\n", command)
	return 2
}

// A loader reloads the configuration with relayd's original arguments and environment.
type loader func() (*config.Config, config.Sources, error)

func serveCommand(c *config.Config, sources config.Sources, load loader, hangups <-chan os.Signal, stderr io.Writer) int {
	log := openLog(stderr, c.Log)
	defer log.close()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := serve(ctx, stop, c, sources, load, hangups, log); err != nil {
		log.Error("ended", "error", err)
		return 1
	}
	return 0
}

func checkCommand(c *config.Config, sources config.Sources, stdout, stderr io.Writer) int {
	err := checkFiles(c)
	if err == nil {
		err = c.Write(stdout, sources)
	}
	if err == nil {
		err = writeKeys(stdout, keyFiles(c))
	}
	if err == nil && c.Cluster.Enabled() {
		var reached, warnings []string
		if reached, warnings, err = checkCluster(c); err == nil {
			err = writeCluster(stdout, reached, warnings)
		}
	}
	if err != nil {
		for line := range strings.Lines(err.Error()) {
			fmt.Fprintln(stderr, "relayd:", strings.TrimSuffix(line, "\n"))
		}
		return 1
	}
	return 0
}

// release is the version of a release. The linker sets it; see ci/build.sh.
var release string

func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return cmp.Or(release, "unknown")
	}
	for _, setting := range info.Settings {
		switch {
		case setting.Key != "vcs.revision":
		case release != "":
			return release + " (" + setting.Value + ")"
		default:
			return setting.Value
		}
	}
	return cmp.Or(release, info.Main.Version)
}

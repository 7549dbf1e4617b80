// Command chaosproxy is a proxy between peers and a relay that breaks their connections on
// demand or by plan. It reads commands on standard input and ends with it.
//
//	go run ./e2e/cmd/chaosproxy -target 127.0.0.1:8000
//	listening 127.0.0.1:40123
//	faults up.cut=120:rst down.delay=20ms     set the faults of new connections
//	cut silence                               cut every connection now
//	help                                      list all commands
//
// Each command is answered by one line that begins with ok or error, except help.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/sebas642/intercessor/e2e/cmd/chaosproxy/chaos"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run is main without os.Exit. It returns 0 for success, 1 for a failure, 2 for a usage error.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("chaosproxy", flag.ContinueOnError)
	flags.SetOutput(stderr)
	target := flags.String("target", "127.0.0.1:8000", "`HOST:PORT` to carry connections to")
	listen := flags.String("listen", "127.0.0.1:0", "loopback `HOST:PORT` to listen on; port 0 is a free one")
	life := flags.Duration("for", 10*time.Minute, "end after so long, whatever comes")
	seed := flags.Uint64("seed", 1, "jitter is drawn from it")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if flags.NArg() > 0 {
		fmt.Fprintf(stderr, "chaosproxy accepts only flags, not %q; -h lists them. Commands are lines on standard input; help lists them.\n", flags.Arg(0))
		return 2
	}
	proxy, err := chaos.ListenOn(*listen, *target, &chaos.Options{Seed: *seed, Lifetime: *life})
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	defer proxy.Close()
	fmt.Fprintln(stdout, "listening", proxy.Addr())

	// The reader is not waited for: it may block in a read of standard input until the process
	// ends.
	lines, over := make(chan string), make(chan struct{})
	defer close(over)
	go func() {
		defer close(lines)
		for scanner := bufio.NewScanner(stdin); scanner.Scan(); {
			select {
			case lines <- scanner.Text():
			case <-over:
				return
			}
		}
	}()
	end := time.NewTimer(*life)
	defer end.Stop()
	for {
		select {
		case <-end.C:
			return 0
		case line, ok := <-lines:
			if !ok || line == "quit" {
				return 0
			}
			answer, err := obey(proxy, line)
			if err != nil {
				answer = "error " + err.Error()
			}
			if answer != "" {
				fmt.Fprintln(stdout, answer)
			}
		}
	}
}

// Command chaosproxy stands between peers and a relay and breaks their connections, on
// demand or by plan. It obeys lines on standard input and ends with it.
//
//	go run ./e2e/cmd/chaosproxy -target 127.0.0.1:8000
//	listening 127.0.0.1:40123
//	faults up.cut=120:rst down.delay=20ms     the next connections suffer this
//	cut silence                               every connection that is there, now
//	help                                      the others
//
// Each line is answered by one line, which begins with ok or error, except by help.
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

// run is main without the process: 0 is success, 1 a failure, 2 a mistake in the call.
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
		fmt.Fprintf(stderr, "chaosproxy takes flags only, and not %q; -h lists them. Commands are lines on standard input, of which help explains the others.\n", flags.Arg(0))
		return 2
	}
	proxy, err := chaos.ListenOn(*listen, *target, &chaos.Options{Seed: *seed, Lifetime: *life})
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	defer proxy.Close()
	fmt.Fprintln(stdout, "listening", proxy.Addr())

	// Nobody waits for the reader: it hangs in a read of standard input, which only the
	// end of the process ends.
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

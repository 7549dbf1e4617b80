//go:build linux

// Command linkbench measures what the SDK's link costs, and how soon it is back after a
// fault. Its peers are real ones of package sdk, in this process. The relay is a real relayd in a
// process of its own, which linkbench starts, kills and starts again. The chaos proxy breaks
// networks.
//
//	go run ./e2e/cmd/linkbench recover
//	go run ./e2e/cmd/linkbench stream --rounds 3 --json
//	go run ./e2e/cmd/linkbench help
//
// Each mode is a file. The mode recover is made of talks (talk.go), stream and goodput of flows
// (flow.go). The listener of the mode listen is this program in another process. What a relay
// costs without the SDK is measured by relaybench.
package main

import (
	"context"
	_ "embed"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sebas642/intercessor/e2e/cmd/internal/bench"
	"github.com/sebas642/intercessor/sdk"
)

func main() { os.Exit(linkbench.Main(os.Args[1:], os.Stdout, os.Stderr)) }

//go:embed usage.txt
var usage string

var linkbench = bench.Command{
	Name:  "linkbench",
	Usage: usage,
	Modes: []bench.Mode{
		{Name: "recover", About: "the time from a cut to the next message, and whether any is lost", Declare: recoverMode},
		{Name: "stream", About: "linked messages and base messages by turns, and their ratio", Declare: stream},
		{Name: "goodput", About: "one linked pair on a long line, with and without stalls", Declare: goodput},
		{Name: "listen", About: "the memory of a listener with many clients", Declare: listen},
	},
	Self: map[string]func([]string) error{listenerMode: listener},
}

// patience bounds every wait for something that should come soon.
const patience = 30 * time.Second

// messageSize is the size of a message of the modes stream and listen, in bytes.
const messageSize = 1000

// chat is a message of so many bytes.
func chat(size int) sdk.Message {
	return sdk.Message{Type: "chat", Data: []byte(`"` + strings.Repeat("x", size-2) + `"`)}
}

// A pair is a listener with its only client.
type pair struct {
	ln             *sdk.Listener
	client, server *sdk.Conn
}

// openPairs opens pairs, whose servers and clients reach the relay at these addresses,
// HOST:PORT. The pairs are closed with the run.
func openPairs(r *bench.Run, n int, server, client string, http *http.Client) []*pair {
	pairs := make([]*pair, n)
	ctx, cancel := context.WithTimeout(r.Ctx, 2*patience)
	defer cancel()
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(16)
	options := new(sdk.Options)
	options.HTTPClient = http
	for i := range pairs {
		pairs[i] = new(pair)
		group.Go(func() error { return pairs[i].open(ctx, server, client, options) })
	}
	err := group.Wait()
	if err != nil {
		closePairs(r, pairs)
	}
	r.Check(err)
	return pairs
}

func (p *pair) open(ctx context.Context, server, client string, options *sdk.Options) (err error) {
	if p.ln, err = sdk.Listen(ctx, "ws://"+server+"/server", options); err != nil {
		return fmt.Errorf("a server cannot connect: %w", err)
	}
	if p.client, err = sdk.Dial(ctx, "ws://"+client+"/client/"+p.ln.ID(), options); err != nil {
		return fmt.Errorf("a client cannot connect: %w", err)
	}
	p.server, err = p.ln.Accept(ctx)
	return err
}

// closePairs closes pairs at once. The SDK bounds each by ten seconds, for which an interrupt
// does not wait.
func closePairs(r *bench.Run, pairs []*pair) {
	var all sync.WaitGroup
	for _, p := range pairs {
		if r.Ctx.Err() != nil {
			return
		}
		all.Go(func() {
			if p.client != nil {
				_ = p.client.Close()
			}
			if p.ln != nil {
				_ = p.ln.Close() // and with it p.server
			}
		})
	}
	all.Wait()
}

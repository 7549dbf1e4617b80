//go:build linux

// Command linkbench measures the cost of the SDK's link, and how soon it recovers from a fault.
// Its peers are real peers of package sdk, in this process. The relay is a real relayd in a
// separate process, which linkbench starts, kills and starts again. The chaos proxy simulates
// network faults.
//
//	go run ./e2e/cmd/linkbench stream --rounds 3 --json
//	go run ./e2e/cmd/linkbench help
//
// Each mode is a file. The mode recover is made of talks (talk.go), stream, cost and goodput of
// flows (flow.go), line of the two ends of a cable (cable.go, end.go). The listener of the
// mode listen is this program in another process, and so are the ends. What a relay
// costs without the SDK is measured by relaybench.
package main

import (
	"context"
	_ "embed"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/sebas642/intercessor/e2e/cmd/internal/bench"
	"github.com/sebas642/intercessor/sdk"
)

func main() { os.Exit(linkbench.Main(os.Args[1:], os.Stdout, os.Stderr)) }

//go:embed usage.txt
var usage string

var linkbench = bench.Command{
	Name:  "linkbench",
	Usage: usage,
	Modes: map[string]bench.Mode{"recover": recoverMode, "stream": stream, "streams": streams, "pipe": pipe, "cost": cost, "line": line, "goodput": goodput, "listen": listen},
	Self:  map[string]func([]string) error{listenerMode: runListener, endMode: runEnd},
}

// patience bounds every wait for an event that should come soon.
const patience = 30 * time.Second

// messageSize is the size of a message of the modes stream and listen, in bytes.
const messageSize = 1000

// chat returns a message of size bytes.
func chat(size int) sdk.Message {
	return sdk.Message{Type: "chat", Data: []byte(`"` + strings.Repeat("x", size-2) + `"`)}
}

// A pair is a listener with its only client.
type pair struct {
	ln             *sdk.Listener
	client, server *sdk.Conn
}

// openPairs opens n pairs, whose messages stay on the relay. Servers and clients reach it at
// these addresses, HOST:PORT.
func openPairs(r *bench.Run, n int, server, client string, http *http.Client) []*pair {
	pairs := make([]*pair, n)
	options := &sdk.Options{HTTPClient: http, Paths: sdk.PathsRelay}
	r.Each(n, 16, func(ctx context.Context, i int) (err error) {
		ctx, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		p := new(pair)
		pairs[i] = p
		if p.ln, err = sdk.Listen(ctx, "ws://"+server+"/server", options); err != nil {
			return fmt.Errorf("a server cannot connect: %w", err)
		}
		if p.client, err = sdk.Dial(ctx, "ws://"+client+"/client/"+p.ln.ID(), options); err != nil {
			return fmt.Errorf("a client cannot connect: %w", err)
		}
		p.server, err = p.ln.Accept(ctx)
		return err
	})
	return pairs
}

// closePairs closes pairs.
func closePairs(r *bench.Run, pairs []*pair) {
	var clients []*sdk.Conn
	var listeners []*sdk.Listener
	for _, p := range pairs {
		clients, listeners = append(clients, p.client), append(listeners, p.ln)
	}
	closeAll(r, clients) // they may wait for outcomes
	closeAll(r, listeners)
}

// closeAll closes all concurrently. The SDK bounds each Close by ten seconds. An interrupt does
// not wait for them.
func closeAll[C io.Closer](r *bench.Run, closers []C) {
	var all sync.WaitGroup
	for _, c := range closers {
		if r.Ctx.Err() == nil {
			all.Go(func() { _ = c.Close() })
		}
	}
	all.Wait()
}

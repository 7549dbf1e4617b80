//go:build linux

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"time"

	"github.com/spf13/pflag"
	"golang.org/x/sync/errgroup"

	"github.com/sebas642/intercessor/e2e/cmd/internal/bench"
	"github.com/sebas642/intercessor/sdk"
)

// listen measures the memory of a listener's process: alone, with clients that do nothing,
// and while all of them send.
func listen(flags *pflag.FlagSet) func(*bench.Run) {
	n := flags.Int("clients", 5000, "clients of the listener")
	during := flags.Duration("for", 10*time.Second, "how long they send")
	return func(r *bench.Run) {
		listener, url := startListener(r, r.StartRelay("", nil))
		alone := r.SettledMemory(listener)
		clients := make([]*sdk.Conn, *n)
		r.Say("%d clients connect", *n)
		r.Each(*n, 32, func(ctx context.Context, i int) (err error) {
			if clients[i], err = sdk.Dial(ctx, url, nil); err != nil {
				return fmt.Errorf("client %d cannot connect: %w", i+1, err)
			}
			state, err := clients[i].WaitState(ctx, sdk.Connecting) // until it has its link
			if err == nil && state == sdk.Closed {
				err = errors.New("the listener does not answer a client")
			}
			return err
		})
		defer closeAll(r, clients)
		res := bench.NewResult(fmt.Sprintf("listen: %d clients, which send %d bytes each, wait until that is delivered, and send again", *n, messageSize),
			"clients", *n, "rss_bytes_alone", alone)
		res.Row("resident memory, no clients", float64(alone)/(1<<20), "MiB")
		add := func(key, label string, bytes int64) {
			res.Field("rss_bytes_"+key, bytes)
			res.Row(label, float64(bytes)/(1<<20), "MiB")
			res.Add("rss_kib_per_client_"+key, "  of it for each client", float64(bytes-alone)/float64(*n)/1024, "KiB")
		}
		add("idle", "with clients that do nothing", r.SettledMemory(listener))
		r.Say("%d clients send", *n)
		rate, sending := sendAll(r, clients, listener, *during)
		add("sending", "highest while they send", sending)
		add("after", "when they have sent", r.SettledMemory(listener))
		res.Add("messages_per_second", "messages a second", rate, "")
		r.Print(res)
	}
}

// sendAll has every client send, with one message under way at a time. It returns the messages
// a second and the listener's highest memory.
func sendAll(r *bench.Run, clients []*sdk.Conn, listener int, during time.Duration) (rate float64, highest int64) {
	ctx, cancel := context.WithTimeout(r.Ctx, during+patience)
	defer cancel()
	var (
		delivered atomic.Int64
		ending    atomic.Bool
		message   = chat(messageSize)
	)
	group, ctx := errgroup.WithContext(ctx)
	for _, c := range clients {
		group.Go(func() error {
			for ; !ending.Load(); delivered.Add(1) {
				receipt, err := c.Send(ctx, message)
				if err != nil {
					return fmt.Errorf("a client cannot send: %w", err)
				}
				outcome, err := receipt.Outcome(ctx)
				if err == nil && outcome.Result != sdk.Delivered {
					err = fmt.Errorf("a message ended as %v (%s)", outcome.Result, outcome.Reason)
				}
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
	began := time.Now()
	for time.Since(began) < during && bench.Sleep(ctx, min(during, 100*time.Millisecond)) == nil {
		highest = max(highest, r.Memory(listener))
	}
	rate = float64(delivered.Load()) / time.Since(began).Seconds()
	ending.Store(true)
	r.Check(group.Wait())
	return rate, highest
}

// listenerMode is the argument with which this program starts itself as a listener.
const listenerMode = "the-listener"

// listener prints the URL for clients, accepts and receives, until it is killed.
func listener(args []string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	ln, err := sdk.Listen(ctx, args[0], nil)
	if err != nil {
		return fmt.Errorf("the listener cannot listen: %w", err)
	}
	fmt.Println(ln.ClientURL())
	for {
		c, err := ln.Accept(context.Background())
		if err != nil {
			return fmt.Errorf("the listener accepts no more: %w", err)
		}
		go func() {
			for range c.Messages(context.Background()) {
			}
		}()
	}
}

// startListener starts the listener and returns its process and the URL for its clients.
func startListener(r *bench.Run, relay *bench.Relay) (pid int, url string) {
	cmd := exec.Command(os.Args[0], listenerMode, "ws://"+relay.Address+"/server")
	out, err := cmd.StdoutPipe()
	r.Check(err)
	child := r.Start(cmd)
	url, err = bufio.NewReader(out).ReadString('\n')
	if err != nil {
		r.Fail("the listener does not say where it listens: %w", err)
	}
	return child.PID(), strings.TrimSpace(url)
}

//go:build linux

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/spf13/pflag"
	"golang.org/x/sync/errgroup"

	"github.com/sebas642/intercessor/e2e/cmd/internal/bench"
	"github.com/sebas642/intercessor/sdk"
)

// listen measures the memory of a listener's process: alone, with clients that do nothing, when
// some of them have a direct path, and while all of them send.
func listen(flags *pflag.FlagSet) func(*bench.Run) {
	n := flags.Int("clients", 5000, "clients of the listener")
	direct := flags.Int("direct", 256, "how many of them have a direct path")
	during := flags.Duration("for", 10*time.Second, "how long they send")
	return func(r *bench.Run) {
		listener, url := startListener(r, r.StartRelay("", nil))
		pid, withDirect := listener.child.PID(), min(*direct, *n)
		alone := r.SettledMemory(pid)
		clients := make([]*sdk.Conn, *n)
		r.Say("%d clients connect", *n)
		onRelay := *n - withDirect
		r.Each(onRelay, 32, func(ctx context.Context, i int) (err error) {
			clients[i], err = dialListener(ctx, url, sdk.PathsRelay)
			return err
		})
		defer func() { closeAll(r, slices.DeleteFunc(clients, func(c *sdk.Conn) bool { return c == nil })) }()
		res := bench.NewResult(fmt.Sprintf("listen: %d clients, which send %d bytes each, wait until that is delivered, and send again", *n, messageSize),
			"clients", *n, "rss_bytes_alone", alone)
		res.Row("resident memory, no clients", float64(alone)/(1<<20), "MiB")
		add := func(key, label string, bytes int64) {
			res.Field("rss_bytes_"+key, bytes)
			res.Row(label, float64(bytes)/(1<<20), "MiB")
			res.Add("rss_kib_per_client_"+key, "  of it for each client", float64(bytes-alone)/float64(*n)/1024, "KiB")
		}
		idle := r.SettledMemory(pid)
		res.Field("rss_bytes_idle", idle)
		res.Row(fmt.Sprintf("with %d clients that do nothing", onRelay), float64(idle)/(1<<20), "MiB")
		res.Add("rss_kib_per_client_idle", "  of it for each client", float64(idle-alone)/float64(max(1, onRelay))/1024, "KiB")
		descriptors, goroutines := listener.uses(r)
		r.Say("%d clients connect and find a direct path", withDirect)
		r.Each(withDirect, 16, func(ctx context.Context, i int) (err error) {
			if clients[onRelay+i], err = dialListener(ctx, url, sdk.PathsAuto); err == nil {
				err = waitDirect(ctx, clients[onRelay+i])
			}
			return err
		})
		paths := r.SettledMemory(pid)
		res.Field("rss_bytes_direct", paths)
		res.Row(fmt.Sprintf("with %d more, which have a direct path", withDirect), float64(paths)/(1<<20), "MiB")
		res.Add("rss_kib_per_direct", "  of it for each of these", float64(paths-idle)/float64(withDirect)/1024, "KiB")
		moreDescriptors, moreGoroutines := listener.uses(r)
		res.Add("descriptors_idle", "descriptors without direct paths", descriptors, "")
		res.Add("descriptors_direct", "  with them", moreDescriptors, "")
		res.Add("goroutines_idle", "goroutines without direct paths", goroutines, "")
		res.Add("goroutines_direct", "  with them", moreGoroutines, "")
		r.Say("%d clients send", *n)
		rate, sending := sendAll(r, clients, pid, *during)
		add("sending", "highest while they send", sending)
		add("after", "when they have sent", r.SettledMemory(pid))
		res.Add("messages_per_second", "messages a second", rate, "")
		r.Print(res)
	}
}

// dialListener returns a Conn that has its link.
func dialListener(ctx context.Context, url string, paths sdk.Paths) (*sdk.Conn, error) {
	c, err := sdk.Dial(ctx, url, &sdk.Options{Paths: paths})
	if err != nil {
		return nil, fmt.Errorf("a client cannot connect: %w", err)
	}
	state, err := c.WaitState(ctx, sdk.Connecting)
	if err == nil && state == sdk.Closed {
		err = errors.New("the listener does not answer a client")
	}
	return c, err
}

// waitDirect waits until messages take the direct path.
func waitDirect(ctx context.Context, c *sdk.Conn) (err error) {
	ctx, cancel := context.WithTimeout(ctx, 2*patience)
	defer cancel()
	for path := c.Path(); path.Route != sdk.RouteDirect; {
		if path, err = c.WaitPath(ctx, path); err != nil {
			return fmt.Errorf("a pair has no direct path: %w", err)
		}
	}
	return nil
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

// runListener prints the URL for clients, accepts and receives, until it is killed. For each line
// of its input it prints how many goroutines it has.
func runListener(args []string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	ln, err := sdk.Listen(ctx, args[0], nil)
	if err != nil {
		return fmt.Errorf("the listener cannot listen: %w", err)
	}
	fmt.Println(ln.ClientURL())
	go func() {
		for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
			fmt.Println(runtime.NumGoroutine())
		}
	}()
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

// listenerProcess is a listener in a process of its own.
type listenerProcess struct {
	child *bench.Child
	in    io.Writer
	out   *bufio.Reader
}

// startListener starts the listener and returns its process and the URL for its clients.
func startListener(r *bench.Run, relay *bench.Relay) (l *listenerProcess, url string) {
	cmd := exec.Command(os.Args[0], listenerMode, "ws://"+relay.Address+"/server")
	out, err := cmd.StdoutPipe()
	r.Check(err)
	in, err := cmd.StdinPipe()
	r.Check(err)
	l = &listenerProcess{r.Start(cmd), in, bufio.NewReader(out)}
	url, err = l.out.ReadString('\n')
	if err != nil {
		r.Fail("the listener does not say where it listens: %w", err)
	}
	return l, strings.TrimSpace(url)
}

// uses returns how many descriptors and goroutines the process has.
func (l *listenerProcess) uses(r *bench.Run) (descriptors, goroutines int) {
	open, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", l.child.PID()))
	r.Check(err)
	_, err = fmt.Fprintln(l.in)
	r.Check(err)
	line, err := l.out.ReadString('\n')
	r.Check(err)
	goroutines, err = strconv.Atoi(strings.TrimSpace(line))
	r.Check(err)
	return len(open), goroutines
}

//go:build linux

package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/sebas642/intercessor/e2e/cmd/internal/process"
	"github.com/sebas642/intercessor/sdk"
)

// listenerMode is how this program starts itself as a listener.
const listenerMode = "the-listener"

// listenerMain is the listener: it prints the URL for clients, accepts and receives,
// and does nothing besides, until it is killed.
func listenerMain(args []string, stdout, stderr io.Writer) int {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	ln, err := sdk.Listen(ctx, args[0], nil)
	if err != nil {
		fmt.Fprintln(stderr, "the listener cannot listen:", err)
		return 1
	}
	fmt.Fprintln(stdout, ln.ClientURL())
	for {
		c, err := ln.Accept(context.Background())
		if err != nil {
			fmt.Fprintln(stderr, "the listener accepts no more:", err)
			return 1
		}
		go func() {
			for _, err := range c.Messages(context.Background()) {
				if err != nil {
					fmt.Fprintln(stderr, "a Conn has ended:", err)
				}
			}
		}()
	}
}

// startListener starts the listener, and returns the URL for its clients.
func (b *bench) startListener(r *relay) (*process.Child, string, error) {
	cmd, err := process.Self(listenerMode, "ws://"+r.address+"/server")
	if err != nil {
		return nil, "", err
	}
	out, in, err := os.Pipe()
	if err != nil {
		return nil, "", fmt.Errorf("cannot make a pipe for the listener: %w", err)
	}
	defer out.Close()
	cmd.Stdout = in
	child, err := process.Start(cmd)
	_ = in.Close()
	if err != nil {
		return nil, "", err
	}
	_ = out.SetReadDeadline(time.Now().Add(patience + time.Second))
	lines := bufio.NewScanner(out)
	if !lines.Scan() {
		child.End()
		return nil, "", fmt.Errorf("the listener does not say where it listens; %s", child.LastWords())
	}
	return child, lines.Text(), nil
}

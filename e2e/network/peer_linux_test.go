package network_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/prove/form"
	"github.com/sebas642/intercessor/sdk"
)

// peerVariable is set for a copy of the test program that is a peer at this URL.
const peerVariable = "INTERCESSOR_NETWORK_PEER"

// runPeer is a listener or a client. A listener prints the URL for clients, and then the data of
// what it receives. A client sends a message every few milliseconds, and prints each route that
// they take.
func runPeer(url string) error {
	ctx := context.Background()
	if strings.HasSuffix(url, "/server") {
		ln, err := sdk.Listen(ctx, url, nil)
		if err != nil {
			return err
		}
		fmt.Println(ln.ClientURL())
		conn, err := ln.Accept(ctx)
		if err != nil {
			return err
		}
		for m := range conn.Messages(ctx) {
			fmt.Println(string(m.Data))
		}
		return conn.Err()
	}
	conn, err := sdk.Dial(ctx, url, nil)
	if err != nil {
		return err
	}
	go func() {
		path, err := conn.Path(), error(nil)
		for err == nil {
			fmt.Println(path.Route)
			path, err = conn.WaitPath(ctx, path)
		}
	}()
	for n := 0; ; n++ {
		if _, err := conn.Send(ctx, sdk.Message{Type: "number", Data: fmt.Append(nil, n)}); err != nil {
			return err
		}
		form.Pause(ctx, 5*time.Millisecond)
	}
}

// peer starts a peer. said is what it prints.
func (s *space) peer(url string) (said <-chan string, end func()) {
	s.T.Helper()
	ctx, cancel := context.WithCancel(s.T.Context())
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), peerVariable+"="+url)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	require.NoError(s.T, err)
	s.Do(func() { require.NoError(s.T, cmd.Start()) })
	lines := make(chan string, 10_000)
	go func() {
		defer close(lines)
		for text := bufio.NewScanner(out); text.Scan(); {
			lines <- text.Text()
		}
		_ = cmd.Wait()
	}()
	return lines, func() {
		cancel()
		for range lines {
		}
	}
}

// Command shell lets one other person use a shell of this machine, or uses that of another.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"time"

	"github.com/sebas642/intercessor/sdk"
)

const relay = "ws://127.0.0.1:8000/server"

func main() {
	ctx := context.Background()
	var err error
	if len(os.Args) > 1 {
		err = use(ctx, os.Args[1])
	} else {
		err = share(ctx)
	}
	if err != nil {
		log.Fatal(err)
	}
}

// share runs a shell for the first client, and admits no other.
func share(ctx context.Context) error {
	ln, err := sdk.Listen(ctx, relay, nil)
	if err != nil {
		return err
	}
	defer ln.Close()
	fmt.Println(ln.ClientURL())
	conn, err := ln.Accept(ctx)
	if err != nil {
		return err
	}
	if err := ln.SetOpen(ctx, false); err != nil {
		return err
	}
	fmt.Println(conn.PeerID(), "has a shell")
	stream, err := conn.AcceptStream(ctx)
	if err != nil {
		return err
	}
	defer stream.Close()

	shell := exec.CommandContext(ctx, "sh")
	group(shell)
	shell.WaitDelay = time.Second // what runs in the background keeps its output open
	shell.Stdout, shell.Stderr = stream, stream
	stdin, err := shell.StdinPipe()
	if err != nil {
		return err
	}
	if err := shell.Start(); err != nil {
		return err
	}
	go func() {
		if _, err := io.Copy(stdin, stream); err != nil {
			_ = shell.Cancel() // the other side is gone
		}
		_ = stdin.Close()
	}()
	if err := shell.Wait(); err != nil && err != exec.ErrWaitDelay {
		fmt.Fprintln(stream, err)
	}
	_ = shell.Cancel() // ends what it left
	_ = stream.CloseWrite()
	_, err = stream.Wait(ctx) // until the other side has read everything
	fmt.Println("the shell has ended")
	return err
}

// use passes this terminal's lines to the shell, and shows what the shell says.
func use(ctx context.Context, url string) error {
	conn, err := sdk.Dial(ctx, url, nil)
	if err != nil {
		return err
	}
	defer conn.Close()
	stream, err := conn.OpenStream(ctx, "shell")
	if err != nil {
		return err
	}
	go func() {
		if _, err := io.Copy(stream, os.Stdin); err == nil {
			_ = stream.CloseWrite()
		}
	}()
	_, err = io.Copy(os.Stdout, stream)
	return err
}

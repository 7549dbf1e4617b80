package sdk_test

import (
	"context"
	"fmt"

	"github.com/sebas642/intercessor/sdk"
)

// A server peer prints its URL, greets every client, and receives a file from each over a data
// channel.
func ExampleListen() {
	ctx := context.Background()
	ln, err := sdk.Listen(ctx, "ws://127.0.0.1:8000/server", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer ln.Close()
	fmt.Println("dial", ln.ClientURL())
	for {
		conn, err := ln.Accept(ctx)
		if err != nil {
			return
		}
		_, _ = conn.Send(ctx, sdk.Message{Type: "greeting", Data: []byte(`"hello"`)})
	}
}

// A client peer dials the server, and opens a data channel to it.
func ExampleDial() {
	ctx := context.Background()
	conn, err := sdk.Dial(ctx, "ws://127.0.0.1:8000/client/ID", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer conn.Close()
	greeting, _ := conn.Receive(ctx)
	fmt.Println(greeting.Type, string(greeting.Data))
	receipt, err := conn.Send(ctx, sdk.Message{Type: "chat", Data: []byte(`"thanks"`)})
	if err != nil {
		fmt.Println(err)
		return
	}
	outcome, _ := receipt.Outcome(ctx) // waits until the server's application has it
	fmt.Println(outcome.Result)
	channel, err := conn.OpenChannel(ctx, "notes")
	if err != nil {
		fmt.Println(err) // says which candidates were tried, and what to do
		return
	}
	_ = channel.Send(ctx, []byte("straight to you"))
}

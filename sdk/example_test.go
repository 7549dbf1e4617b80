package sdk_test

import (
	"context"
	"fmt"
	"io"
	"log"

	"github.com/sebas642/intercessor/sdk"
)

// A server peer prints its URL, and sends back what each client sends.
func ExampleListen() {
	ctx := context.Background()
	ln, err := sdk.Listen(ctx, "ws://127.0.0.1:8000/server", nil)
	if err != nil {
		log.Fatal(err)
	}
	defer ln.Close()
	fmt.Println(ln.ClientURL())
	for {
		conn, err := ln.Accept(ctx)
		if err != nil {
			log.Fatal(err)
		}
		go func() {
			defer conn.Close()
			for m, err := range conn.Messages(ctx) {
				if err != nil {
					return // the client has left
				}
				_, _ = conn.Send(ctx, m)
			}
		}()
	}
}

// A client peer dials a server, learns that its message was delivered, and prints the answer.
func ExampleDial() {
	ctx := context.Background()
	conn, err := sdk.Dial(ctx, "ws://127.0.0.1:8000/client/ID", nil)
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()
	receipt, err := conn.Send(ctx, sdk.Message{Type: "chat", Data: []byte(`"hello"`)})
	if err != nil {
		log.Fatal(err)
	}
	answer, err := conn.Receive(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(answer.Type, string(answer.Data))
	outcome, err := receipt.Outcome(ctx) // the server's application has it, or will never have it
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(outcome.Result)
}

// A client sends bytes on a stream, and reads the answer to its end.
func ExampleConn_OpenStream() {
	ctx := context.Background()
	conn, err := sdk.Dial(ctx, "ws://127.0.0.1:8000/client/ID", nil)
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()
	stream, err := conn.OpenStream(ctx, "upload")
	if err != nil {
		log.Fatal(err)
	}
	defer stream.Close()
	if _, err := io.WriteString(stream, "many bytes"); err != nil {
		log.Fatal(err)
	}
	if err := stream.CloseWrite(); err != nil {
		log.Fatal(err)
	}
	answer, err := io.ReadAll(stream)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(answer))
}

// A server answers the streams of each client.
func ExampleConn_AcceptStream() {
	ctx := context.Background()
	ln, err := sdk.Listen(ctx, "ws://127.0.0.1:8000/server", nil)
	if err != nil {
		log.Fatal(err)
	}
	defer ln.Close()
	fmt.Println(ln.ClientURL())
	for {
		conn, err := ln.Accept(ctx)
		if err != nil {
			log.Fatal(err)
		}
		go func() {
			defer conn.Close()
			for {
				stream, err := conn.AcceptStream(ctx)
				if err != nil {
					return // the client has left
				}
				go func() {
					defer stream.Close()
					content, err := io.ReadAll(stream)
					if err == nil {
						fmt.Fprintf(stream, "%s: %d bytes", stream.Name(), len(content))
					}
				}()
			}
		}()
	}
}

// A client opens a data channel, which goes directly to the server.
func ExampleConn_OpenChannel() {
	ctx := context.Background()
	conn, err := sdk.Dial(ctx, "ws://127.0.0.1:8000/client/ID", nil)
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()
	channel, err := conn.OpenChannel(ctx, "game")
	if err != nil {
		log.Fatal(err) // says which candidates were tried, and what to do
	}
	if err := channel.Send(ctx, []byte("left")); err != nil {
		log.Fatal(err)
	}
	answer, err := channel.Receive(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(answer))
}

// A server answers on the first data channel of each client.
func ExampleConn_AcceptChannel() {
	ctx := context.Background()
	ln, err := sdk.Listen(ctx, "ws://127.0.0.1:8000/server", nil)
	if err != nil {
		log.Fatal(err)
	}
	defer ln.Close()
	fmt.Println(ln.ClientURL())
	for {
		conn, err := ln.Accept(ctx)
		if err != nil {
			log.Fatal(err)
		}
		go func() {
			defer conn.Close()
			channel, err := conn.AcceptChannel(ctx)
			for err == nil {
				var move []byte
				if move, err = channel.Receive(ctx); err == nil {
					err = channel.Send(ctx, append([]byte("moved "), move...))
				}
			}
		}()
	}
}

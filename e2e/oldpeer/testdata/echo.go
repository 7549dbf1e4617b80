// This is a peer of the old SDK that returns the messages that it receives, and those on
// channels. Messages of two types are commands: "accept" makes it accept channels, and "open"
// makes it open one of that label. It does nothing else about a direct path.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"

	"github.com/sebas642/intercessor/sdk"
)

func main() {
	log.Fatal(run(context.Background(), os.Args[1], os.Args[2]))
}

func run(ctx context.Context, role, url string) error {
	conn, err := meet(ctx, role, url)
	if err != nil {
		return err
	}
	defer conn.Close() // also tells the other side that its end was noticed
	for {
		m, err := conn.Receive(ctx)
		if err != nil {
			return err
		}
		switch m.Type {
		case "accept":
			go accept(ctx, conn)
		case "open":
			var label string
			if err := json.Unmarshal(m.Data, &label); err != nil {
				return err
			}
			ch, err := conn.OpenChannel(ctx, label)
			if err != nil {
				return err
			}
			go echo(ctx, ch)
		default:
			if _, err := conn.Send(ctx, m); err != nil {
				return err
			}
		}
	}
}

func meet(ctx context.Context, role, url string) (*sdk.Conn, error) {
	if role == "dial" {
		return sdk.Dial(ctx, url, nil)
	}
	ln, err := sdk.Listen(ctx, url, nil)
	if err != nil {
		return nil, err
	}
	fmt.Println(ln.ClientURL())
	return ln.Accept(ctx)
}

func accept(ctx context.Context, conn *sdk.Conn) {
	for {
		ch, err := conn.AcceptChannel(ctx)
		if err != nil {
			log.Fatal(err)
		}
		go echo(ctx, ch)
	}
}

func echo(ctx context.Context, ch *sdk.Channel) {
	for {
		message, err := ch.Receive(ctx)
		if err == nil {
			err = ch.Send(ctx, message)
		}
		if err != nil {
			return
		}
	}
}

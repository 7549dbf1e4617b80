// Command game keeps the state of a game, and sends it to each player 30 times a second.
package main

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"time"

	"github.com/sebas642/intercessor/sdk"
)

const (
	relay = "ws://127.0.0.1:8000/server"
	site  = "127.0.0.1:8080" // serves the page; the relay admits its origin
)

//go:embed index.html
var page embed.FS

func main() {
	ctx := context.Background()
	ln, err := sdk.Listen(ctx, relay, nil)
	if err != nil {
		log.Fatal(err)
	}
	go func() { log.Fatal(http.ListenAndServe(site, http.FileServerFS(page))) }()
	fmt.Printf("http://%s/#%s\n", site, ln.ClientURL())
	g := &game{Players: make(map[string]*player)}
	go func() {
		for range time.Tick(time.Second / rate) {
			g.change(g.step)
		}
	}()
	for {
		conn, err := ln.Accept(ctx)
		if err != nil {
			log.Fatal(err)
		}
		go g.play(ctx, conn)
	}
}

// play serves one player, on one channel after another if the direct path is made anew.
func (g *game) play(ctx context.Context, conn *sdk.Conn) {
	defer conn.Close()
	for {
		channel, err := conn.AcceptChannel(ctx)
		if err != nil {
			return // the player has left
		}
		go g.show(ctx, channel)
		for message, err := channel.Receive(ctx); err == nil; message, err = channel.Receive(ctx) {
			var in input
			if json.Unmarshal(message, &in) != nil {
				return // not a page of this game
			}
			g.change(func() { g.press(conn.PeerID(), in) })
		}
	}
}

// show sends the whole state on each tick until the channel ends.
func (g *game) show(ctx context.Context, channel *sdk.Channel) {
	for range time.Tick(time.Second / rate) {
		var state []byte
		g.change(func() { state, _ = json.Marshal(g) })
		if channel.Send(ctx, state) != nil {
			return
		}
	}
}

//go:build !js

package sdk_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"

	"github.com/sebas642/intercessor/sdk"
)

// A program without an open port serves HTTP to its clients.
func ExampleListener_Streams() {
	ctx := context.Background()
	ln, err := sdk.Listen(ctx, "ws://127.0.0.1:8000/server", nil)
	if err != nil {
		log.Fatal(err)
	}
	defer ln.Close()
	go func() {
		for {
			conn, err := ln.Accept(ctx)
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				for range conn.Messages(ctx) { // until the client leaves
				}
			}()
		}
	}()
	fmt.Println(ln.ClientURL())
	err = http.Serve(ln.Streams(), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, "hello from", r.Host, r.URL.Path) // r.RemoteAddr is the client's ID
	}))
	log.Fatal(err)
}

// The client of that program.
func ExampleConn_DialContext() {
	ctx := context.Background()
	conn, err := sdk.Dial(ctx, "ws://127.0.0.1:8000/client/ID", nil)
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()
	client := &http.Client{Transport: &http.Transport{DialContext: conn.DialContext}}
	response, err := client.Get("http://server/status")
	if err != nil {
		log.Fatal(err)
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(response.Body)
	fmt.Print(string(text))
}

//go:build !js

package sdk_test

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"github.com/sebas642/intercessor/sdk"
)

// A program without an open port serves HTTP to its clients.
func ExampleListener_Streams() {
	ctx := context.Background()
	ln, err := sdk.Listen(ctx, "ws://127.0.0.1:8000/server", nil)
	if err != nil {
		fmt.Println(err)
		return
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
	fmt.Println("dial", ln.ClientURL())
	err = http.Serve(ln.Streams(), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, "hello,", r.RemoteAddr) // the client's ID
	}))
	fmt.Println(err)
}

// The client of that program.
func ExampleConn_DialContext() {
	ctx := context.Background()
	conn, err := sdk.Dial(ctx, "ws://127.0.0.1:8000/client/ID", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer conn.Close()
	client := &http.Client{Transport: &http.Transport{DialContext: conn.DialContext}}
	response, err := client.Get("http://server/")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(response.Body)
	fmt.Print(string(text))
}

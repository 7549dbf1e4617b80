// Command http serves HTTP to Go programs and pages without an open port, or fetches from such a
// server.
package main

import (
	"context"
	"embed"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"

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
	if len(os.Args) > 1 {
		if err := get(ctx, os.Args[1], "/hello?name=Go"); err != nil {
			log.Fatal(err)
		}
		return
	}
	ln, err := sdk.Listen(ctx, relay, nil)
	if err != nil {
		log.Fatal(err)
	}
	go keep(ctx, ln)
	go func() { log.Fatal(http.ListenAndServe(site, http.FileServerFS(page))) }()
	fmt.Printf("client: %s\n", ln.ClientURL())
	fmt.Printf("page:   http://%s/#%s\n", site, ln.ClientURL())

	mux := http.NewServeMux()
	mux.HandleFunc("GET /hello", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "hello %s, your ID is %s\n", r.FormValue("name"), r.RemoteAddr)
	})
	log.Fatal(http.Serve(ln.Streams(), mux))
}

// keep accepts the clients, whose streams the HTTP server takes, and closes each that has left.
func keep(ctx context.Context, ln *sdk.Listener) {
	for {
		conn, err := ln.Accept(ctx)
		if err != nil {
			log.Fatal(err)
		}
		go func() {
			defer conn.Close()
			for range conn.Messages(ctx) {
			}
		}()
	}
}

// get prints what the server at a client URL has at a path.
func get(ctx context.Context, url, path string) error {
	conn, err := sdk.Dial(ctx, url, nil)
	if err != nil {
		return err
	}
	defer conn.Close()
	client := &http.Client{Transport: &http.Transport{DialContext: conn.DialContext}}
	response, err := client.Get("http://server" + path)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	_, err = io.Copy(os.Stdout, response.Body)
	return err
}

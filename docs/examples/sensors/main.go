// Command sensors sends measurements to every dashboard that opens its link.
package main

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"log"
	"math/rand/v2"
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

type sensor struct {
	Name, Unit string
	Min, Max   float64
}

var sensors = []sensor{
	{"Room", "°C", 15, 30},
	{"Humidity", "%", 20, 80},
	{"Fan", "rpm", 0, 2000},
}

// read stands for the hardware.
func (s sensor) read() float64 { return s.Min + rand.Float64()*(s.Max-s.Min) }

func main() {
	ctx := context.Background()
	ln, err := sdk.Listen(ctx, relay, &sdk.Options{IdentityFile: "sensors.id"}) // the link stays after a restart
	if err != nil {
		log.Fatal(err)
	}
	info, err := json.Marshal(sensors)
	if err != nil {
		log.Fatal(err)
	}
	if err := ln.SetInfo(ctx, info); err != nil { // each dashboard has it as it connects
		log.Fatal(err)
	}
	go func() { log.Fatal(http.ListenAndServe(site, http.FileServerFS(page))) }()
	fmt.Printf("http://%s/#%s\n", site, ln.ClientURL())
	for {
		conn, err := ln.Accept(ctx)
		if err != nil {
			log.Fatal(err)
		}
		go report(ctx, conn)
	}
}

// report sends all measurements once a second. A dashboard that is away for a moment gets the
// latest when it is back, and not each that it has missed.
func report(ctx context.Context, conn *sdk.Conn) {
	defer conn.Close()
	for range time.Tick(time.Second) {
		values := make([]float64, len(sensors))
		for i, s := range sensors {
			values[i] = s.read()
		}
		data, err := json.Marshal(values)
		if err != nil {
			log.Fatal(err)
		}
		receipt, err := conn.Send(ctx, sdk.Message{Type: "values", Data: data})
		if err != nil {
			return // the dashboard has left
		}
		if _, err := receipt.Outcome(ctx); err != nil {
			return
		}
	}
}

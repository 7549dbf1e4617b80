package main

import (
	"net/http"
	"strconv"
	"time"

	"github.com/sebas642/intercessor/relayd/edge"
	"github.com/sebas642/intercessor/relayd/quota"
)

// qrOfSource is how many QR codes one source may have drawn: each takes some milliseconds of
// one core. A page asks for one, when it has a room.
var qrOfSource = quota.Limits{Connections: 2, Connects: quota.PerSecond(2, 20)}

// limitQR bounds what one source has drawn.
func limitQR(proxies edge.Proxies, next http.Handler) http.Handler {
	drawing := quota.NewTable(proxies.Any())
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		place, tooMuch, wait := drawing.Connect(proxies.Source(r), qrOfSource)
		if tooMuch != quota.None {
			w.Header().Set("Retry-After", strconv.Itoa(int(wait/time.Second)+1))
			http.Error(w, "your network asks for too many QR codes", http.StatusTooManyRequests)
			return
		}
		defer drawing.Leave(place)
		next.ServeHTTP(w, r)
	})
}

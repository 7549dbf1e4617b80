package main

import (
	"net/http"
	"strconv"
	"time"

	"github.com/sebas642/intercessor/relayd/edge"
	"github.com/sebas642/intercessor/relayd/quota"
)

// qrOfSource is the quota of QR codes of one source: each takes some milliseconds of
// one core. A page requests one for its room.
var qrOfSource = quota.Limits{Connections: 2, Connects: quota.PerSecond(2, 20)}

// limitQR enforces the quota of each source.
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

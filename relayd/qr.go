package main

import (
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"github.com/sebas642/intercessor/relayd/admit"
	"github.com/sebas642/intercessor/relayd/source"
)

// qrOfSource is the quota of QR codes of one source: each takes some milliseconds of
// one core. A page requests one for its room.
var qrOfSource = source.Limits{Connections: 2, Connects: 2, Burst: 20}

// limitQR enforces the quota of each source. As for the limits of peers, loopback counts only
// behind a proxy.
func limitQR(proxies admit.Proxies, next http.Handler) http.Handler {
	drawing := source.NewTable()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		from := proxies.Source(r)
		if from.IsLoopback() && !proxies.Any() {
			from = netip.Addr{}
		}
		place, tooMuch, wait := drawing.Connect(from, qrOfSource)
		if tooMuch != source.None {
			w.Header().Set("Retry-After", strconv.Itoa(int(wait/time.Second)+1))
			http.Error(w, "your network asks for too many QR codes", http.StatusTooManyRequests)
			return
		}
		defer drawing.Leave(place)
		next.ServeHTTP(w, r)
	})
}

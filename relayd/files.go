package main

import (
	"log/slog"

	"github.com/sebas642/intercessor/relayd/relay"
)

// files is how many files the process may have open; 0: nobody says.
type files int

// reserve is how many of them sockets of peers and pages may not take: they are for the
// admin listener, certificates, state, the log, and connections to the backend.
func (f files) reserve() int { return min(max(int(f)/4, 24), 128) }

// sockets is how many the relay's listeners may have open at once; 0: any number.
func (f files) sockets() int {
	if f == 0 {
		return 0
	}
	return max(4, int(f)-f.reserve())
}

// within lowers the connections to what there are sockets for. A quarter of those, 1,024 at the
// most, is for pages, for handshakes, and for peers that are told to come again.
func (f files) within(l relay.Limits, log *slog.Logger) relay.Limits {
	if most := f.sockets() - min(f.sockets()/4, 1024); f > 0 && l.Connections > most {
		log.Info("takes as many peers as the limit of open files allows", "files", int(f), "peers", most)
		l.Connections = most
	}
	return l
}

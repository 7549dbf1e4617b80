package main

import (
	"log/slog"

	"github.com/sebas642/intercessor/relayd/config"
	"github.com/sebas642/intercessor/relayd/relay"
)

// files is how many files the process may open; 0 means unknown.
type files int

// reserve returns how many files are not for sockets of peers and pages: they are for the
// admin listener, certificates, state, the log, and connections to the backend.
func (f files) reserve() int { return min(max(int(f)/4, 24), 128) }

// sockets returns how many sockets the relay's listeners may have open; 0 means any number.
func (f files) sockets() int {
	if f == 0 {
		return 0
	}
	return max(4, int(f)-f.reserve())
}

// turn returns how many of the sockets may be TURN connections: an eighth at the most.
func (f files) turn(c config.TURN) int {
	switch {
	case !c.Enabled:
		return 0
	case f == 0:
		return c.Connections
	}
	return min(c.Connections, max(1, f.sockets()/8))
}

// within lowers the limit of connections to the number of sockets. A quarter of those, 1,024 at
// the most, is for pages, handshakes and refused peers, and some are for TURN.
func (f files) within(l relay.Limits, c config.TURN, log *slog.Logger) relay.Limits {
	if most := f.sockets() - min(f.sockets()/4, 1024) - f.turn(c); f > 0 && l.Connections > most {
		log.Info("limit of open files lowers the number of peers", "files", int(f), "peers", most)
		l.Connections = most
	}
	return l
}

//go:build linux

package main

import (
	"errors"
	"time"

	"github.com/sebas642/intercessor/e2e/cmd/chaosproxy/chaos"
)

// A kind is a way to lose all connections of one side, or of both, at once.
type kind struct {
	name    string
	about   string
	proxied bool          // the connections go through the proxies
	gap     bool          // no moment is the cut: the longest gap between messages is measured
	within  time.Duration // in which all are to be back
	strike  func(*stage, int) error
}

var kinds = []kind{
	{"rst", "sockets reset", true, false, time.Minute, (*stage).reset},
	{"silence", "connections on which everything vanishes", true, false, 2 * time.Minute, (*stage).silence},
	{"kill", "relayd killed and started again", false, false, time.Minute, (*stage).kill},
	{"drain", "relayd drained and started again", false, true, time.Minute, (*stage).drain},
}

func kindNames() (names []string) {
	for _, k := range kinds {
		names = append(names, k.name)
	}
	return names
}

// A stage is where faults happen: a relay, and a proxy for all clients and one for all
// servers before it.
type stage struct {
	relay            *relay
	clients, servers *chaos.Proxy // nil where the kind needs none
}

// newStage starts what a kind needs, for so many pairs.
func (b *bench) newStage(s *settings, k kind, pairs int) (st *stage, err error) {
	st = new(stage)
	if st.relay, err = b.startRelay(s); err != nil || !k.proxied {
		return st, err
	}
	o := chaos.Options{MaxConns: 4*pairs + 16, Lifetime: 2 * time.Hour}
	if st.clients, err = chaos.Listen(st.relay.address, &o); err == nil {
		st.servers, err = chaos.Listen(st.relay.address, &o)
	}
	if err != nil {
		st.close()
	}
	return st, err
}

func (st *stage) route() route {
	r := route{server: st.relay.address, client: st.relay.address}
	if st.clients != nil {
		r.server, r.client = st.servers.Addr(), st.clients.Addr()
	}
	return r
}

func (st *stage) close() {
	for _, proxy := range []*chaos.Proxy{st.clients, st.servers} {
		if proxy != nil {
			_ = proxy.Close()
		}
	}
	st.relay.kill()
}

func (st *stage) reset(round int) error   { return st.cut(round, chaos.RST) }
func (st *stage) silence(round int) error { return st.cut(round, chaos.Silence) }

// cut hits the clients and the servers by turns.
func (st *stage) cut(round int, by chaos.Kind) error {
	side := st.clients
	if round%2 == 1 {
		side = st.servers
	}
	if side.CutAll(by) == 0 {
		return errors.New("there was no connection to cut")
	}
	return nil
}

func (st *stage) kill(int) error {
	st.relay.kill()
	return st.relay.start()
}

func (st *stage) drain(int) error {
	if err := st.relay.terminate(); err != nil {
		return err
	}
	return st.relay.start()
}

//go:build linux

package main

import (
	"errors"
	"flag"
	"fmt"
	"time"
)

func idleFlags(flags *flag.FlagSet, s *settings) {
	targetFlags(flags, s)
	flags.IntVar(&s.peers, "peers", 10_000, "peers, servers and clients together")
	flags.IntVar(&s.clientsPerRoom, "clients-per-room", 1, "clients of each server")
	flags.BoolVar(&s.tls, "tls", false, "let the peers connect over TLS 1.3, to a relay that this program is itself: relayd's relay behind Go's crypto/tls")
	flags.IntVar(&s.parallel, "parallel", 64, "peers that connect at the same time")
	flags.DurationVar(&s.during, "for", 5*time.Second, "how long to measure while nothing happens")
}

func (b *bench) idle(l *loop, s *settings) error {
	peers, over := idlePeers(plainPeers{l, s}), ""
	if s.tls {
		peers, over = newCrowd(l, s), " over TLS"
	}
	defer peers.close()
	r := b.result(s, fmt.Sprintf("%d peers%s, %d clients a room", s.peers, over, s.clientsPerRoom))
	r.add("peers", "", s.peers, "")
	r.add("clients_per_room", "", s.clientsPerRoom, "")
	if s.tls {
		r.add("tls", "", true, "")
	}

	empty, err := l.settledMemory()
	if err != nil {
		return err
	}
	connect, err := l.target.clocked(peers.open)
	if err != nil {
		return err
	}
	full, err := l.settledMemory()
	if err != nil {
		return err
	}
	l.live.show(func() string { return "doing nothing" })
	idle, err := l.target.clocked(func() error { return l.during(s.during) })
	if err = errors.Join(peers.lost(), err); err != nil {
		return err
	}

	r.add("connects_per_second", "connects a second", float64(s.peers)/connect.took.Seconds(), "")
	if l.target.pid != 0 {
		r.each("cpu_us_per_connect", "CPU time of a connect, to HELLO", connect.cpu, int64(s.peers))
		r.add("rss_bytes_before", "", empty, "")
		r.add("rss_bytes", "", full, "")
		r.add("", "resident memory", float64(full)/(1<<20), "MiB")
		r.add("rss_bytes_per_peer", "of it for each peer", float64(full-empty)/float64(s.peers)/1024, "KiB")
		r.add("idle_cpu_percent", "idle, it keeps a core busy", 100*idle.cpu.Seconds()/idle.took.Seconds(), "%")
	}
	return b.report.print(r)
}

// idlePeers are the peers that connect and then do nothing.
type idlePeers interface {
	open() error
	lost() error // why one is no longer there, which would be measured as memory given back
	close()
}

// plainPeers live in the loop, which ends with the first that is lost.
type plainPeers struct {
	l *loop
	s *settings
}

func (plainPeers) lost() error { return nil }

func (plainPeers) close() {} // the loop does

func (p plainPeers) open() error {
	l, s := p.l, p.s
	servers := make([]*peer, s.servers())
	open := 0
	l.live.show(func() string { return fmt.Sprintf("%d of %d peers have connected", open, s.peers) })
	err := l.openAll(len(servers), s.parallel, func(i int) (err error) {
		open++
		servers[i], err = l.open("/server", bystander{})
		return err
	})
	if err != nil {
		return err
	}
	return l.openAll(s.peers-len(servers), s.parallel, func(i int) error {
		open++
		_, err := l.open("/client/"+string(servers[i%len(servers)].id), bystander{})
		return err
	})
}

// servers is how many of the peers are servers, who come first.
func (s *settings) servers() int { return (s.peers + s.clientsPerRoom) / (1 + s.clientsPerRoom) }

// settledMemory reads the target's memory once a second until two readings
// differ by less than one percent, and gives the last; 0 if the process is not
// known.
func (l *loop) settledMemory() (int64, error) {
	if l.target.pid == 0 {
		return 0, nil
	}
	const tries = 60
	last, err := residentBytes(l.target.pid)
	for range tries {
		if err != nil {
			return 0, err
		}
		l.live.show(func() string { return fmt.Sprintf("waiting for the memory to settle, %d MiB", last>>20) })
		if err := l.during(time.Second); err != nil {
			return 0, err
		}
		before := last
		if last, err = residentBytes(l.target.pid); err == nil && max(last-before, before-last)*100 < last {
			return last, nil
		}
	}
	return 0, fmt.Errorf("the relay's memory did not settle in %d seconds: it is %d bytes", tries, last)
}

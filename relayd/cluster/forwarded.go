package cluster

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/cluster/forward"
	"github.com/sebas642/intercessor/relayd/cluster/home"
	"github.com/sebas642/intercessor/relayd/relay"
)

// forwarded are the peers that are forwarded to an instance. Guarded by Node.mu.
type forwarded struct {
	at     forward.Peer
	links  map[*forward.Link]struct{}
	silent time.Time // since when it answers no question; zero if it does, or was not asked
}

// count counts a forward until it is over. A node that drains gives it up: its home would not hear
// that the peer has to leave.
func (n *Node) count(at forward.Peer, link *forward.Link) relay.Way {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.draining {
		link.Close()
		return relay.Way{Code: protocol.CodeRestarting, Exists: true}
	}
	n.counted.forwarded.Add(1)
	f := n.forwards[at.Instance]
	if f == nil {
		f = &forwarded{at: at, links: make(map[*forward.Link]struct{})}
		n.forwards[at.Instance] = f
	}
	f.links[link] = struct{}{}
	return relay.Way{Cut: link.Cut, Forward: func(socket net.Conn, done func()) {
		link.Start(socket, func() {
			n.mu.Lock()
			if delete(f.links, link); len(f.links) == 0 {
				delete(n.forwards, at.Instance)
			}
			n.mu.Unlock()
			done()
		})
	}}
}

// silentFor is how long a home that is not alive may answer no question before its peers are cut.
const silentFor = 15 * time.Second

// probeWithin bounds probe: others may wait for their turn at the same home.
const probeWithin = 4 * time.Second

// probe cuts the forwards to homes that hang. The system of a process that hangs still acknowledges
// bytes, so no timer of TCP ends a connection to it, and peers of the base protocol that are idle would
// stay there for ever. A home that is cut off from etcd is not alive either, but it answers.
func (n *Node) probe(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, probeWithin)
	defer cancel()
	all := n.known.all()
	var doubtful []forward.Peer
	n.mu.Lock()
	for i, f := range n.forwards {
		if all[i].Alive {
			f.silent = time.Time{}
		} else {
			doubtful = append(doubtful, f.at)
		}
	}
	n.mu.Unlock()
	for _, r := range n.askEach(ctx, doubtful, &forward.Handover{Kind: forward.Who}) {
		if cut := n.judge(r.from.Instance, r.err, time.Now()); cut > 0 {
			n.config.Log.Warn("another node answers no more: the peers that are forwarded to it are cut, and may come again", "node", r.from.Name, "peers", cut)
		}
	}
}

// judge takes the answer of a home to probe, and returns how many forwards it has cut.
func (n *Node) judge(from home.Instance, err error, now time.Time) (cut int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	f := n.forwards[from]
	if f == nil {
		return 0
	}
	switch {
	case err == nil, errors.Is(err, forward.ErrFull): // it answers
		f.silent = time.Time{}
		return 0
	case !isGone(err) && !errors.Is(err, forward.ErrSilent) && !errors.Is(err, forward.ErrCut): // this node could not ask
		return 0
	case f.silent.IsZero():
		f.silent = now
		return 0
	case now.Sub(f.silent) < silentFor:
		return 0
	}
	f.silent = now // they end in some seconds
	for link := range f.links {
		link.Cut()
	}
	return len(f.links)
}

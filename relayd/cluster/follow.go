package cluster

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/sebas642/intercessor/relayd/cluster/directory"
	"github.com/sebas642/intercessor/relayd/cluster/home"
	"github.com/sebas642/intercessor/relayd/relay"
)

const (
	// awayEvery is how often the claims of rooms whose servers are away are read, and allEvery
	// how often those of all rooms are (N5).
	awayEvery = 5 * time.Second
	allEvery  = 30 * time.Second

	// sweepEvery is how often the claims of instances that are gone are deleted.
	sweepEvery = 10 * time.Minute
)

// follow settles the rooms whose claims others change, until the node ends.
func (n *Node) follow() {
	all := func(ctx context.Context) (int64, error) {
		at, err := n.review(ctx, func(relay.Home) bool { return true })
		if err == nil && at == 0 { // no room is here
			_, at, err = n.directory.Lookup(ctx, "")
		}
		return at, err
	}
	_ = n.directory.Follow(n.life, all, func(e directory.Entry) { n.touchKey(e.Room) })
}

// attend does what was left undone, until the node ends.
func (n *Node) attend() {
	again := time.NewTicker(againAfter)
	defer again.Stop()
	for {
		select {
		case <-n.life.Done():
			return
		case <-again.C:
			n.beat()
			n.catchUp()
		}
	}
}

// look reads the claims of this node from time to time, until the node ends.
func (n *Node) look() {
	again, away, all, sweep := time.NewTicker(againAfter), time.NewTicker(awayEvery), time.NewTicker(allEvery), time.NewTicker(sweepEvery)
	defer again.Stop()
	defer away.Stop()
	defer all.Stop()
	defer sweep.Stop()
	for {
		select {
		case <-n.life.Done():
			return
		case <-away.C:
			_, _ = n.review(n.life, func(h relay.Home) bool { return !h.Present }) // the next one reads again
		case <-all.C:
			_, _ = n.review(n.life, func(relay.Home) bool { return true })
		case <-sweep.C:
			n.sweep()
		case <-again.C:
			if lost := n.lost.Swap(0); lost > 0 {
				n.config.Log.Warn("etcd has lost the claims of rooms here, which are written again", "rooms", lost)
			}
			if n.unsettled.Swap(false) && !n.restore() {
				n.unsettled.Store(true)
			}
		}
	}
}

// catchUp settles the rooms whose claims could not be kept.
func (n *Node) catchUp() {
	n.mu.Lock()
	behind := n.behind
	n.behind = make(map[*place]struct{})
	n.mu.Unlock()
	for p := range behind {
		n.touch(p.room, toBeReread)
	}
}

// touchKey is touch for a room whose claim has changed.
func (n *Node) touchKey(key string) {
	n.mu.Lock()
	p := n.places[key]
	n.mu.Unlock()
	if p != nil {
		n.touch(p.room, toBeReread)
	}
}

// review reads the claims of some of the rooms here, and settles those that are not as this node
// wrote them. It returns the directory's revision at the first read, 0 if there are no such rooms.
func (n *Node) review(ctx context.Context, which func(relay.Home) bool) (at int64, err error) {
	page := make([]string, 0, directory.MaxRead)
	read := func() error {
		if len(page) == 0 {
			return nil
		}
		entries, revision, err := n.directory.Read(ctx, page)
		page = page[:0]
		if err != nil {
			return err
		}
		if at == 0 {
			at = revision
		}
		for _, e := range entries {
			n.mu.Lock()
			p := n.places[e.Room]
			differs := p != nil && len(p.turn) == 0 && e.Revision != p.revision
			n.mu.Unlock()
			if differs {
				n.touch(p.room, toBeReread)
			}
		}
		return nil
	}
	for h := range n.relay.Homes() {
		if !which(h) {
			continue
		}
		if page = append(page, keyOf(h.Server)); len(page) == cap(page) {
			if err := read(); err != nil {
				return at, err
			}
		}
	}
	err = read()
	return at, err
}

// sweep deletes the claims of instances that are gone.
func (n *Node) sweep() {
	instances, err := n.directory.Instances(n.life)
	if err != nil {
		return
	}
	view := &home.View{Instances: instances}
	if deleted, err := n.directory.Sweep(n.life, view.Swept); err != nil {
		n.config.Log.Warn("cannot delete what nodes that are gone have left in etcd", "error", err)
	} else if deleted > 0 {
		n.config.Log.Info("deleted what nodes that are gone have left in etcd", "rooms", deleted)
	}
}

// changed takes what the directory knows of this node's marks.
func (n *Node) changed(s directory.Standing) {
	switch before := n.sure.Swap(s.Sure); {
	case s.Replaced:
		n.config.End(fmt.Errorf("another process runs as the node %s", n.self.Name))
	case s.Again:
		n.config.Log.Warn("this node's marks in etcd were lost and are put again; its rooms go on", "young", s.Young)
	case directory.IsRefusal(s.Cause):
		n.logLoss(true, s.Cause)
	case before && !s.Sure:
		n.spawn(func() {
			found, refused := n.examine(n.life) // gRPC does not tell why it cannot connect
			n.logLoss(refused, cmp.Or(found, s.Cause))
		})
	case !before && s.Sure:
		n.config.Log.Info("etcd answers again")
	}
	if s.Again {
		n.unsettled.Store(true)
	}
}

func (n *Node) logLoss(refused bool, cause error) {
	what := "etcd does not answer"
	if refused {
		what = "etcd refuses this node"
	}
	n.config.Log.Warn(what+": the rooms here go on, but no new ones are opened, and other nodes may take over", "error", cause)
}

// restore reads all claims of this node after some may have been lost (N4). It takes the mark
// "unsettled" away, and returns true, when all of them are there.
func (n *Node) restore() bool {
	_, err := n.review(n.life, func(relay.Home) bool { return true })
	return err == nil && n.settled() && n.directory.Settle(n.life) == nil
}

// settled reports whether all rooms here have their claims.
func (n *Node) settled() bool {
	for h := range n.relay.Homes() {
		n.mu.Lock()
		p := n.places[keyOf(h.Server)]
		_, behind := n.behind[p]
		ok := p != nil && p.revision != 0 && !p.unknown && !behind && max(p.wanted, p.doing) != toBeReread
		n.mu.Unlock()
		if !ok {
			return false
		}
	}
	return true
}

// beat notes that this node runs, unless it has stood still for so long that it has to ask first.
func (n *Node) beat() {
	if !n.isFrozen() {
		n.ran.Store(int64(time.Since(n.began)))
	}
}

// isFrozen reports whether this node has stood still for so long that another process may have its
// name by now.
func (n *Node) isFrozen() bool { return time.Since(n.began)-time.Duration(n.ran.Load()) > home.Frozen }

// Wake implements [relay.Cluster]. If this node has stood still, it asks the directory whether it is
// still alive there.
func (n *Node) Wake(ctx context.Context) bool {
	if !n.isFrozen() {
		return true
	}
	view, _ := n.lookup(ctx, "")
	if view == nil || !view.Instances[n.self].Alive {
		return false
	}
	n.ran.Store(int64(time.Since(n.began)))
	return true
}

package cluster

import (
	"context"
	"time"

	"github.com/sebas642/intercessor/protocol"
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
		_, at, err := n.review(ctx, func(relay.Home) bool { return true })
		return at, err
	}
	_ = n.directory.Follow(n.life, all, func(e directory.Entry) { n.touchKey(e.Room) })
}

// look reads the claims of this node from time to time, and does what was left undone.
func (n *Node) look() {
	again := time.NewTicker(againAfter)
	defer again.Stop()
	away, all, sweep := time.NewTicker(awayEvery), time.NewTicker(allEvery), time.NewTicker(sweepEvery)
	defer away.Stop()
	defer all.Stop()
	defer sweep.Stop()
	for {
		select {
		case <-n.life.Done():
			return
		case <-again.C:
			n.catchUp()
		case <-away.C:
			_, _, _ = n.review(n.life, func(h relay.Home) bool { return !h.Present }) // the next one reads again
		case <-all.C:
			_, _, _ = n.review(n.life, func(relay.Home) bool { return true })
		case <-sweep.C:
			n.sweep()
		case s := <-n.lost:
			n.recover(s)
		}
	}
}

// catchUp settles the rooms whose claims could not be kept.
func (n *Node) catchUp() {
	n.mu.Lock()
	rooms := make([]protocol.ID, 0, len(n.behind))
	for key := range n.behind {
		if p := n.places[key]; p != nil {
			rooms = append(rooms, p.room)
		}
	}
	clear(n.behind)
	n.mu.Unlock()
	for _, room := range rooms {
		n.touch(room, true)
	}
}

// touchKey is touch for a room whose claim has changed.
func (n *Node) touchKey(key string) {
	n.mu.Lock()
	p := n.places[key]
	n.mu.Unlock()
	if p != nil {
		n.touch(p.room, true)
	}
}

// review reads the claims of some of the rooms here, and settles those that are not as this node
// wrote them. It returns how many of them the directory does not have, and its revision at the
// first read.
func (n *Node) review(ctx context.Context, which func(relay.Home) bool) (absent int, at int64, err error) {
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
				n.touch(p.room, true)
				if e.Revision == 0 {
					absent++
				}
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
				return absent, at, err
			}
		}
	}
	if err := read(); err != nil || at != 0 {
		return absent, at, err
	}
	_, at, err = n.directory.Lookup(ctx, "") // no room is here
	return absent, at, err
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

// changed takes what the directory knows of this node's marks. Only the last standing counts.
func (n *Node) changed(s directory.Standing) {
	if !s.Again {
		return
	}
	for {
		select {
		case n.lost <- s:
			return
		case <-n.lost:
		}
	}
}

// recover claims all rooms again after this node's marks were lost (N4).
func (n *Node) recover(s directory.Standing) {
	n.config.Log.Warn("this node's marks in etcd were lost, and are put again")
	absent, _, err := n.review(n.life, func(relay.Home) bool { return true })
	if err == nil && home.Loss(absent, &home.View{Young: s.Back}) {
		err = n.directory.PutYoung(n.life)
	}
	if err == nil && n.settled() {
		err = n.directory.Settle(n.life)
		if err == nil {
			return
		}
	}
	time.AfterFunc(againAfter, func() { n.changed(s) })
}

// settled reports whether all rooms here have their claims.
func (n *Node) settled() bool {
	for h := range n.relay.Homes() {
		n.mu.Lock()
		p := n.places[keyOf(h.Server)]
		ok := p != nil && p.revision != 0 && !p.unknown && !p.stale && !p.touched
		n.mu.Unlock()
		if !ok {
			return false
		}
	}
	return true
}

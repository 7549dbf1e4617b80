package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/sebas642/intercessor/relayd/cluster/forward"
	"github.com/sebas642/intercessor/relayd/cluster/home"
)

// surveyEvery is how often a node looks which others there are.
const surveyEvery = 5 * time.Second

// survey logs which nodes come and go, and how many rooms moved, until the node ends.
func (n *Node) survey() {
	again := time.NewTicker(surveyEvery)
	defer again.Stop()
	var moved, gone uint64
	for known := alive(n.known.all()); ; {
		select {
		case <-n.life.Done():
			return
		case <-again.C:
		}
		began := time.Now()
		if instances, err := n.directory.Instances(n.life); err == nil {
			n.known.read(instances, began)
			now := alive(instances)
			n.logChanges(known, now)
			known = now
		} else {
			n.counted.failures[readFailed].Add(1)
		}
		n.probe(n.life)
		if now := n.counted.takenOver.Load(); now > moved {
			n.config.Log.Info("took over rooms of other nodes", "rooms", now-moved)
			moved = now
		}
		if now := n.counted.givenUp.Load(); now > gone {
			n.config.Log.Info("gave up rooms that other nodes have now", "rooms", now-gone)
			gone = now
		}
	}
}

// logChanges logs which nodes there were and are.
func (n *Node) logChanges(before, now []home.Instance) {
	for _, i := range now {
		switch {
		case i == n.self || slices.Contains(before, i):
		case isNamed(before, i.Name):
			n.config.Log.Info("another node has started again", "node", i.Name, "nodes", len(now))
		default:
			n.config.Log.Info("another node is there", "node", i.Name, "nodes", len(now))
		}
	}
	for _, i := range before {
		if i.Name != n.self.Name && !isNamed(now, i.Name) {
			n.config.Log.Warn("another node is gone, or cannot reach etcd", "node", i.Name, "nodes", len(now))
		}
	}
}

func isNamed(all []home.Instance, name string) bool {
	return slices.ContainsFunc(all, func(i home.Instance) bool { return i.Name == name })
}

// A Member is one node as an operator sees it.
type Member struct {
	Name    string `json:"name"`
	Address string `json:"address"`

	// State is "alive" or "draining", "unsure" if etcd has not renewed its marks lately, or "silent"
	// if it does not answer. What follows is zero for a silent one.
	State    string `json:"state"`
	Version  string `json:"version"`
	Rooms    int    `json:"rooms"`
	Peers    int    `json:"peers"`
	Forwards int    `json:"forwards"`
}

// membersWithin bounds Members.
const membersWithin = time.Second

// Members returns all nodes that were alive within the window, this one among them, by name.
func (n *Node) Members() []Member {
	ctx, cancel := context.WithTimeout(n.life, membersWithin)
	defer cancel()
	instances := n.known.all()
	own := n.report()
	all := []Member{memberOf(forward.Peer{Instance: n.self, Address: n.config.Advertise}, &own, true)}
	for _, r := range n.askEach(ctx, n.others(instances), &forward.Handover{Kind: forward.Who}) {
		var other report
		switch {
		case r.err == nil && json.Unmarshal(r.body, &other) == nil:
			all = append(all, memberOf(r.from, &other, instances[r.from.Instance].Alive))
		case !isGone(r.err):
			all = append(all, memberOf(r.from, nil, false))
		}
	}
	slices.SortFunc(all, func(a, b Member) int { return byName(home.Instance{Name: a.Name}, home.Instance{Name: b.Name}) })
	return all
}

func memberOf(at forward.Peer, r *report, alive bool) Member {
	m := Member{Name: at.Name, Address: at.Address, State: "silent"}
	if r != nil {
		m.Version, m.Rooms, m.Peers, m.Forwards = r.Version, r.Rooms, r.Peers, r.Forwards
		switch {
		case r.Draining:
			m.State = "draining"
		case alive && !r.Unsure:
			m.State = "alive"
		default:
			m.State = "unsure"
		}
	}
	return m
}

// isGone reports whether no process of an instance answers at its address, which is certain.
func isGone(err error) bool {
	return errors.Is(err, forward.ErrRefused) || errors.Is(err, forward.ErrOther)
}

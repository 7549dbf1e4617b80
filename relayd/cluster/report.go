package cluster

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/sebas642/intercessor/relayd/cluster/forward"
	"github.com/sebas642/intercessor/relayd/cluster/home"
)

// A report is what a node tells another of itself.
type report struct {
	Version  string    `json:"version"`
	Now      time.Time `json:"now"` // by its clock
	Keys     []string  `json:"keys"`
	Draining bool      `json:"draining"`
	Unsure   bool      `json:"unsure"` // while etcd does not renew its marks, others cannot read that either
	Rooms    int       `json:"rooms"`
	Peers    int       `json:"peers"`
	Forwards int       `json:"forwards"`
}

func (n *Node) report() report {
	stats := n.relay.Stats()
	return report{
		Version: n.config.Version, Now: time.Now(), Keys: n.config.Keys, Draining: n.isDraining(), Unsure: !n.sure.Load(),
		Rooms: stats.Rooms, Peers: int(stats.Peers.Servers + stats.Peers.Clients), Forwards: n.links.Forwards(),
	}
}

// A reply is what one node has answered.
type reply struct {
	from forward.Peer
	body []byte
	err  error
}

// askEach asks nodes at once, and waits for all their answers.
func (n *Node) askEach(ctx context.Context, nodes []forward.Peer, h *forward.Handover) []reply {
	replies := make(chan reply, len(nodes))
	for _, to := range nodes {
		go func() {
			r, err := n.links.Ask(ctx, to, h)
			replies <- reply{to, r.Body, err}
		}()
	}
	all := make([]reply, 0, len(nodes))
	for range nodes {
		all = append(all, <-replies)
	}
	slices.SortFunc(all, func(a, b reply) int { return byName(a.from.Instance, b.from.Instance) })
	return all
}

// mismatch returns why this node and another one must not be nodes of one relay, nil if they may:
// each has to accept the key with which the other signs (N1).
func (n *Node) mismatch(of reply) error {
	if of.err != nil {
		return of.err
	}
	var other report
	if err := json.Unmarshal(of.body, &other); err != nil {
		return fmt.Errorf("the node %s answers what this version does not understand: %w", of.from.Name, err)
	}
	if len(n.config.Keys) == 0 || len(other.Keys) == 0 {
		return nil
	}
	own, theirs := n.config.Keys[0], other.Keys[0]
	switch {
	case !slices.Contains(other.Keys, own):
		return fmt.Errorf("the node %s does not accept the resume key %s with which this node signs: name that key last in the key_files of all nodes before one signs with it", of.from.Name, own)
	case !slices.Contains(n.config.Keys, theirs):
		return fmt.Errorf("the node %s signs with the resume key %s, which this node does not accept: add that key to key_files", of.from.Name, theirs)
	}
	return nil
}

func byName(a, b home.Instance) int {
	switch {
	case a.Name != b.Name && a.Name < b.Name, a.Name == b.Name && a.Number < b.Number:
		return -1
	case a == b:
		return 0
	}
	return 1
}

// others are the nodes of other names that may run.
func (n *Node) others(instances map[home.Instance]home.Marks) (nodes []forward.Peer) {
	for i, m := range instances {
		if i.Name != n.self.Name && m.Recent && m.Address != "" {
			nodes = append(nodes, forward.Peer{Instance: i, Address: m.Address})
		}
	}
	return nodes
}

// alive are the instances that are marked as alive.
func alive(instances map[home.Instance]home.Marks) (all []home.Instance) {
	for i, m := range instances {
		if m.Alive {
			all = append(all, i)
		}
	}
	slices.SortFunc(all, byName)
	return all
}

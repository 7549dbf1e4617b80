package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/cluster/directory"
	"github.com/sebas642/intercessor/relayd/cluster/forward"
	"github.com/sebas642/intercessor/relayd/cluster/home"
	"github.com/sebas642/intercessor/relayd/relay"
)

// MaxRooms is how many rooms Rooms returns: those with most clients.
const MaxRooms = 1000

// operateWithin bounds each question to the other nodes.
const operateWithin = 2 * time.Second

// A command is what an operator wants of a node, in the Body of a Handover.
type command struct {
	Do   string        `json:"do"` // rooms, peers, close, kick; find room, find peer
	Name string        `json:"name,omitempty"`
	By   string        `json:"by,omitempty"`
	Stay time.Duration `json:"stay,omitempty"`
}

// A result is a node's answer to a command.
type result struct {
	Rooms []relay.RoomReport `json:"rooms,omitempty"`
	Total int                `json:"total,omitempty"`
	Peers []relay.PeerReport `json:"peers,omitempty"`
	Error string             `json:"error,omitempty"`
}

// known are the errors that keep their identity on the way from another node.
var known = []error{relay.ErrNobody, relay.ErrTwo, relay.ErrServer, relay.ErrUnmarked}

func (r *result) err() error {
	if r.Error == "" {
		return nil
	}
	for _, err := range known {
		if r.Error == err.Error() {
			return err
		}
	}
	return errors.New(r.Error)
}

// obey does what an operator wants of this node.
func (n *Node) obey(ctx context.Context, c command) (r result) {
	var err error
	switch c.Do {
	case "rooms":
		all := n.relay.Rooms()
		r.Total, r.Rooms = len(all), relay.Largest(all, MaxRooms)
		for i := range r.Rooms {
			r.Rooms[i].Node = n.self.Name
		}
	case "peers":
		r.Peers, err = n.relay.Peers(c.Name)
	case "find room":
		err = n.relay.FindRoom(c.Name)
	case "find peer":
		err = n.relay.FindPeer(c.Name)
	case "close":
		err = n.relay.CloseRoom(c.Name)
	case "kick":
		err = n.kick(ctx, c)
	default:
		err = fmt.Errorf("is unknown to the node %s, which has another version: ask that node itself", n.self.Name)
	}
	if err != nil {
		r.Error = err.Error()
	}
	return r
}

// kick kicks a client here, and keeps that in the directory for the room's next homes.
func (n *Node) kick(ctx context.Context, c command) error {
	kicked, err := n.relay.Kick(c.Name, c.By, c.Stay)
	for _, name := range kicked.Names {
		err = errors.Join(err, n.directory.Kick(ctx, keyOf(kicked.Room), directory.Kick{Name: name, Until: kicked.Until}))
	}
	if err != nil && len(kicked.Names) > 0 {
		return fmt.Errorf("is kicked, but may come back when the room moves to another node: %w", err)
	}
	return err
}

// kicks returns who is kept out of a room by an operator.
func (n *Node) kicks(ctx context.Context, key string) ([]relay.Kicked, error) {
	kept, err := n.directory.Kicks(ctx, key)
	if err != nil {
		n.counted.failures[readFailed].Add(1)
		return nil, err
	}
	var all []relay.Kicked
	for _, k := range kept {
		all = append(all, relay.Kicked{Names: []protocol.ID{k.Name}, Until: k.Until})
	}
	return all, nil
}

// Rooms returns the rooms of all nodes with most clients, how many rooms there are, and the names
// of nodes that do not answer.
func (n *Node) Rooms() (largest []relay.RoomReport, total int, silent []string) {
	results, silent := n.everywhere(command{Do: "rooms"})
	for _, r := range results {
		largest, total = append(largest, r.Rooms...), total+r.Total
	}
	return relay.Largest(largest, MaxRooms), total, silent
}

// Peers is [relay.Relay.Peers] at all nodes. Its error also names nodes that do not answer.
func (n *Node) Peers(room string) ([]relay.PeerReport, error) {
	r, err := n.there(command{Do: "find room", Name: room}, command{Do: "peers", Name: room})
	return r.Peers, err
}

// CloseRoom is [relay.Relay.CloseRoom] at all nodes. Its error also names nodes that do not answer.
func (n *Node) CloseRoom(room string) error {
	_, err := n.there(command{Do: "find room", Name: room}, command{Do: "close", Name: room})
	return err
}

// Kick is [relay.Relay.Kick] at all nodes, and lasts when the room moves. Its error also names
// nodes that do not answer.
func (n *Node) Kick(peer, by string, stay time.Duration) error {
	_, err := n.there(command{Do: "find peer", Name: peer}, command{Do: "kick", Name: peer, By: by, Stay: stay})
	return err
}

// A placed is the result of one node.
type placed struct {
	result
	at *forward.Peer // nil for this node
}

// everywhere runs a command at all nodes.
func (n *Node) everywhere(c command) (results []placed, silent []string) {
	ctx, cancel := context.WithTimeout(n.life, operateWithin)
	defer cancel()
	results = []placed{{n.obey(ctx, c), nil}}
	for _, r := range n.askEach(ctx, n.others(n.known.all()), c.handover()) {
		p := placed{at: &r.from}
		switch {
		case isGone(r.err):
		case r.err != nil, json.Unmarshal(r.body, &p.result) != nil:
			silent = append(silent, r.from.Name)
		default:
			results = append(results, p)
		}
	}
	return results, silent
}

// there runs a command at the one node at which another one finds something.
func (n *Node) there(find, do command) (r result, err error) {
	results, silent := n.everywhere(find)
	var found []placed
	for _, at := range results {
		switch err := at.err(); {
		case err == nil:
			found = append(found, at)
		case !errors.Is(err, relay.ErrNobody):
			return r, err
		}
	}
	switch {
	case len(found) > 1:
		return r, relay.ErrTwo
	case len(found) == 0 && len(silent) > 0:
		return r, fmt.Errorf("%w; it may be at a node that does not answer: %v", relay.ErrNobody, silent)
	case len(found) == 0:
		return r, relay.ErrNobody
	}
	ctx, cancel := context.WithTimeout(n.life, operateWithin)
	defer cancel()
	if found[0].at == nil {
		r = n.obey(ctx, do)
		return r, r.err()
	}
	answer, err := n.links.Ask(ctx, *found[0].at, do.handover())
	if err == nil {
		err = json.Unmarshal(answer.Body, &r)
	}
	if err != nil {
		return r, fmt.Errorf("is at the node %s, which has not answered: %w", found[0].at.Name, err)
	}
	return r, r.err()
}

func (c command) handover() *forward.Handover {
	body, _ := json.Marshal(c) // it has nothing that cannot be encoded
	return &forward.Handover{Kind: forward.Operate, Body: body}
}

// kept returns who is kept out of a room of which this node has become the home.
func (w *walk) kept(ctx context.Context) ([]relay.Kicked, error) {
	if !w.claimed || w.visit.Role != home.Server {
		return nil, nil
	}
	return w.kicks(ctx, keyOf(w.visitor.Room))
}

// keepOut keeps out the peers that an operator has kicked from a room that is here.
func (n *Node) keepOut(room protocol.ID) {
	kicked, err := n.kicks(n.life, keyOf(room))
	if err != nil {
		n.config.Log.Warn("peers that the operator has kicked from a room may come back", "error", err)
	}
	n.relay.Keep(room, kicked)
}

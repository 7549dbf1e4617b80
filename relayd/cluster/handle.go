package cluster

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"

	"github.com/sebas642/intercessor/relayd/cluster/forward"
	"github.com/sebas642/intercessor/relayd/cluster/home"
	"github.com/sebas642/intercessor/relayd/relay"
)

// handle answers another node.
func (n *Node) handle(ctx context.Context, in *forward.Incoming) {
	if in.Kind != forward.Who && !n.Wake(ctx) {
		return
	}
	switch in.Kind {
	case forward.Client, forward.Server:
		n.receive(ctx, in)
		return
	case forward.Find:
	case forward.GiveUp:
		if p := n.take(ctx, in.Room); p != nil {
			n.settle(p, toBeReread)
		}
	case forward.Leave:
		n.relay.Leave(via(in), duration(in.Body))
		in.Answer(nil, nil)
		return
	case forward.Operate:
		var c command
		if json.Unmarshal(in.Body, &c) == nil {
			answer(in, n.obey(ctx, c))
		}
		return
	default: // Who
		n.known.hear(in.From, string(in.Body), time.Now())
		answer(in, n.report())
		return
	}
	if _, here := n.here(ctx, in.Room); here {
		in.Answer(nil, nil)
	} else {
		in.Answer(forward.ErrNotHere, nil)
	}
}

// receive lets in a peer that another node has admitted, if its room is here.
func (n *Node) receive(ctx context.Context, in *forward.Incoming) {
	h, here := n.here(ctx, in.Room)
	if !here || in.Kind == forward.Server && !home.Knows(h.Order, in.Order) {
		in.Answer(forward.ErrNotHere, nil)
		return
	}
	visitor := &relay.Visitor{
		Server: in.Kind == forward.Server, Asked: in.Asked, Subprotocol: in.Subprotocol, Key: in.Key,
		Token: in.Token, Order: in.Order, Early: in.Early,
		Source: in.Source, Host: in.Host, Grant: in.Grant, Via: via(in),
	}
	if in.CanRefuse() && n.relay.IsRefused(visitor) {
		in.Answer(forward.ErrNoEntry, nil)
		return
	}
	if n.guests.Add(1) > int64(n.config.Received) && n.config.Received > 0 {
		n.leave()
		in.Answer(forward.ErrFull, nil)
		return
	}
	conn, err := in.Take()
	if err != nil { // the other node has not waited
		n.leave()
		return
	}
	n.counted.received.Add(1)
	n.relay.Receive(conn, visitor, n.leave)
}

// leave ends the count of a peer that receive has let in.
func (n *Node) leave() { n.guests.Add(-1) }

// answer answers in JSON. The other node hears of no body that is too large for an answer.
func answer(in *forward.Incoming, body any) {
	encoded, err := json.Marshal(body)
	if err == nil {
		in.Answer(nil, encoded)
	}
}

// via names the node that a Handover is from.
func via(in *forward.Incoming) string { return fmt.Sprintf("%s/%d", in.From.Name, in.From.Number) }

func appendDuration(d time.Duration) []byte { return binary.BigEndian.AppendUint64(nil, uint64(d)) }

// duration is 0 for what appendDuration has not made.
func duration(b []byte) time.Duration {
	if len(b) != 8 {
		return 0
	}
	return time.Duration(min(binary.BigEndian.Uint64(b), uint64(time.Hour)))
}

package relayproof

import (
	"fmt"

	"github.com/anishathalye/porcupine"

	"github.com/sebas642/intercessor/protocol"
)

// ownership is the model of the owner of one ID, deed by deed, by the rules of PROTOCOL.md.
type ownership struct {
	conn   int  // the connection admitted last; 0: the ID was not drawn yet
	rank   rank // of conn
	live   bool // conn is still connected
	gone   bool // the relay does not wait for the ID, so it may have forgotten its order (R7, R9)
	kicked bool
	told   int // how many times its server was told about it
}

// after returns the possible states of the ID after a deed with this outcome; none if the
// rules forbid it.
func (o ownership) after(d deed, out outcome) []ownership {
	same, no := []ownership{o}, []ownership(nil)
	allow := func(is bool) []ownership {
		if is {
			return same
		}
		return no
	}
	owner := o.live && o.conn == d.conn
	switch d.kind {
	case claim: // B8: an ID is drawn once
		if o.conn == 0 && out == done {
			return []ownership{o.takenBy(d)}
		}
	case resume:
		return o.resumed(d, out)
	case use: // a connection that was replaced is told (R5): silence is always wrong
		return allow(out == done && owner)
	case release:
		if owner { // else it was replaced before, and its end means nothing
			o.live, o.gone = false, d.code == 1000 // R9
		}
		return []ownership{o}
	case lost:
		return allow(out == outcome(protocol.CodeReplaced) && o.conn != d.conn || // R5
			out == outcome(protocol.CodeKicked) && o.kicked) // D7
	case kick:
		o.live, o.kicked = false, true
		return []ownership{o}
	case heard: // P1, P2: the true presence, with the order of its connection
		over := o.gone || o.kicked
		is := map[string]bool{
			protocol.TypePeerJoined: o.live,
			protocol.TypePeerBack:   o.live,
			protocol.TypePeerAway:   !o.live && !over,
			protocol.TypePeerGone:   !o.live && over,
		}[d.news]
		if is && o.rank == d.rank && d.turn == o.told+1 {
			o.told++
			return []ownership{o}
		}
	}
	return no
}

// resumed is R5: the highest order is admitted, every other is replaced. There is no other
// answer to a valid token (R11), except after a kick (D7). A relay may forget absent peers (P4)
// and then no longer fences (R7). This relay has no cause to within a round.
func (o ownership) resumed(d deed, out outcome) (next []ownership) {
	is := func(code outcome) bool { return out == code || out == unseen }
	if o.kicked {
		if is(outcome(protocol.CodeKicked)) {
			next = append(next, o)
		}
		return next
	}
	order := d.rank.compare(o.rank)
	if is(done) && (order >= 0 || o.gone) {
		next = append(next, o.takenBy(d))
	}
	if is(outcome(protocol.CodeReplaced)) && order <= 0 {
		next = append(next, o)
	}
	return next
}

func (o ownership) takenBy(d deed) ownership {
	o.conn, o.rank, o.live, o.gone = d.conn, d.rank, true, false
	return o
}

// ownerModel is ownership for porcupine: each ID is a separate object.
func ownerModel() porcupine.Model {
	model := porcupine.NondeterministicModel{
		Partition: func(all []porcupine.Operation) (parts [][]porcupine.Operation) {
			byID := map[string][]porcupine.Operation{}
			for _, op := range all {
				id := op.Input.(deed).id
				byID[id] = append(byID[id], op)
			}
			for _, part := range byID {
				parts = append(parts, part)
			}
			return parts
		},
		Init: func() []any { return []any{ownership{}} },
		Step: func(state, input, output any) (next []any) {
			for _, o := range state.(ownership).after(input.(deed), output.(outcome)) {
				next = append(next, o)
			}
			return next
		},
		DescribeOperation: func(input, output any) string { return input.(deed).String() + " → " + output.(outcome).String() },
		DescribeState:     func(state any) string { return fmt.Sprintf("%+v", state) },
	}
	return model.ToModel()
}

package sdk

import (
	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/protocol/link"
)

// tellAfter is how old a path is when the relay hears of it (D12): a better pair may have taken over
// by then.
const tellAfter = 6 * link.Second

// attempt is what the relay hears of a search for a direct path. It is touched inside peer.step
// only.
type attempt struct {
	begunAt link.Time // 0: not yet
	foundAt link.Time // when there was a pair; 0: none
	tellAt  link.Time // 0: never
}

// tell tells the relay how the attempt has ended, once. Of the two peers the client does.
func (d *direct) tell() {
	l := d.linked
	begunAt := d.attempt.begunAt
	d.attempt.begunAt, d.attempt.tellAt = 0, 0
	if begunAt == 0 || !l.offers || l.conn.hidesOutcomes || !l.conn.session.CountsOutcomes() {
		return
	}
	o := &protocol.PathOutcome{Outcome: "direct"}
	switch pair := d.rtc.Pair(); {
	case d.open:
		o.Local, o.Remote = pair.Local, pair.Remote
		o.Milliseconds = uint64(max(0, d.attempt.foundAt-begunAt) / link.Millisecond)
		if pair.TURN() {
			o.Outcome = "turn"
		}
	case d.rtc.Path().Problem == "":
		return // one of the two has ended it
	case l.needsPath || l.link.Policy() == link.DirectOnly:
		o.Outcome = "failed"
	default:
		o.Outcome = "relay"
	}
	body := protocol.AppendRequest(nil, protocol.TypeRelayOutcome, protocol.Request{Path: o})
	frame := protocol.AppendEnvelopeV1(nil, protocol.RelayID, protocol.TypeRelayOutcome, body, nil)
	d.running.Go(func() { _ = l.conn.session.SendFrame(l.conn.hurry, frame, false) })
}

package relayproof

import (
	"testing"

	"github.com/anishathalye/porcupine"
	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/protocol"
)

// TestShortOwnerModel: for each rule a history, and the steps that the rule allows and forbids
// next.
func TestShortOwnerModel(t *testing.T) {
	const (
		replaced = outcome(protocol.CodeReplaced)
		kicked   = outcome(protocol.CodeKicked)
		refused  = outcome(protocol.CodeTokenRefused)
		away     = outcome(protocol.CodeServerAway)
	)
	type step struct {
		d   deed
		out outcome
	}
	first := step{deed{kind: claim, conn: 1}, done}
	come := func(conn int, gen, attempt uint64, out outcome) step {
		return step{deed{kind: resume, conn: conn, rank: rank{gen, attempt}}, out}
	}
	leave := func(conn int, code protocol.Code) step {
		return step{deed{kind: release, conn: conn, code: code}, done}
	}
	does := func(conn int) step { return step{deed{kind: use, conn: conn}, done} }
	ends := func(conn int, out outcome) step { return step{deed{kind: lost, conn: conn}, out} }
	hear := func(typ string, gen, attempt uint64) step {
		return step{deed{kind: heard, news: typ, rank: rank{gen, attempt}, turn: 1}, done}
	}
	kicks := step{deed{kind: kick}, done}

	for name, c := range map[string]struct {
		before       []step
		right, wrong []step // what may come next, and what may not
	}{
		"B8 an ID is drawn once": {
			[]step{first}, nil, []step{{deed{kind: claim, conn: 2}, done}}},
		"R5 the higher attempt wins": {
			[]step{first, come(2, 1, 5, done)},
			[]step{come(3, 1, 6, done), come(3, 1, 4, replaced), does(2), ends(1, replaced)},
			[]step{come(3, 1, 4, done), come(3, 1, 6, replaced), does(1), ends(2, replaced)}},
		"R5 the higher generation wins, whatever the attempts": {
			[]step{first, come(2, 1, 9, done), come(3, 2, 1, done)},
			[]step{come(4, 2, 2, done), come(4, 1, 10, replaced)},
			[]step{come(4, 1, 10, done), come(4, 2, 2, replaced)}},
		"R5 the same twice is decided by the relay": {
			[]step{first, come(2, 1, 5, done)},
			[]step{come(3, 1, 5, done), come(3, 1, 5, replaced)}, nil},
		"R5 a cut while HELLO is on its way keeps the peer able to resume": {
			[]step{first, come(2, 1, 1, unseen), leave(2, 0)},
			[]step{come(3, 1, 2, done)}, []step{come(3, 1, 2, replaced)}},
		"R5 who is away is fenced": {
			[]step{first, come(2, 1, 5, done), leave(2, 1001)},
			[]step{come(3, 1, 6, done), come(3, 1, 4, replaced)}, []step{come(3, 1, 4, done), does(2)}},
		"R9 after a goodbye the token stays valid, and an older one may pass": {
			[]step{first, come(2, 1, 5, done), leave(2, 1000)},
			[]step{come(3, 2, 1, done), come(3, 1, 4, done), come(3, 1, 4, replaced)}, []step{come(3, 2, 1, replaced), does(2)}},
		"R9 the end of who was replaced means nothing": {
			[]step{first, come(2, 1, 5, done), leave(1, 1000)},
			[]step{does(2), come(3, 1, 4, replaced)}, []step{come(3, 1, 4, done), hear(protocol.TypePeerGone, 1, 5)}},
		"R11 a valid token is not answered otherwise": {
			[]step{first}, nil, []step{come(2, 1, 1, refused), come(2, 1, 1, away), come(2, 1, 1, kicked), ends(1, 1006)}},
		"D7 who was kicked stays out": {
			[]step{first, kicks},
			[]step{come(2, 1, 1, kicked), ends(1, kicked), hear(protocol.TypePeerGone, 0, 0)},
			[]step{come(2, 1, 1, done), come(2, 1, 1, replaced), does(1)}},
		"P1 presence speaks of the connection that lives": {
			[]step{first, come(2, 1, 5, done)},
			[]step{hear(protocol.TypePeerBack, 1, 5)},
			[]step{hear(protocol.TypePeerBack, 1, 4), hear(protocol.TypePeerAway, 1, 5), hear(protocol.TypePeerGone, 1, 5)}},
		"P1 or of the last that did": {
			[]step{first, leave(1, 0)},
			[]step{hear(protocol.TypePeerAway, 0, 0)},
			[]step{hear(protocol.TypePeerJoined, 0, 0), hear(protocol.TypePeerGone, 0, 0)}},
		"R5 who has lost its place is told so": {
			[]step{first, come(2, 1, 5, done)}, nil, []step{{deed{kind: use, conn: 1}, silence}, ends(1, -1)}},
	} {
		t.Run(name, func(t *testing.T) {
			check := func(next step) bool {
				var ops []porcupine.Operation
				for i, s := range append(c.before[:len(c.before):len(c.before)], next) {
					ops = append(ops, porcupine.Operation{Input: s.d, Output: s.out, Call: int64(2 * i), Return: int64(2*i + 1)})
				}
				return porcupine.CheckOperations(ownerModel(), ops)
			}
			for _, next := range c.right {
				require.True(t, check(next), "%v → %v", next.d, next.out)
			}
			for _, next := range c.wrong {
				require.False(t, check(next), "%v → %v", next.d, next.out)
			}
		})
	}
}

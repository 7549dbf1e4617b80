package home

import "github.com/sebas642/intercessor/protocol"

// Keep compares the claim that a node wants for a room that is open there with what the directory
// says, and returns Rest, Write or GiveUp. The caller calls it whenever the two may differ: after
// each read, list and watch event that shows another claim than the node last wrote, and when
// Order or Draining of the room change. While a write is under way it waits for the result; after
// Changed and Unknown it reads and calls Keep again. The caller sets Moved when it replaces a
// claim that is not its own.
//
// Own.Order is the order of the newest connection of the server that the room has seen, also
// while the server is away. HELLO does not wait for Keep: only the first claim of a room comes
// before HELLO.
//
// GiveUp: the server's connection is closed with Step.Code, or cut without a code when the claim
// is for that very connection. All clients are closed with 4006, and nothing is said of presence.
func Keep(own Claim, view *View) Step {
	switch {
	case view == nil || view.Revision != 0 && view.Claim == nil:
		return Step{Do: Rest}
	case view.Revision == 0:
		return Step{Do: Write}
	case view.Claim.Home == own.Home:
		if c := view.Claim; c.Order == own.Order && c.Draining == own.Draining {
			return Step{Do: Rest}
		}
		return Step{Do: Write, Revision: view.Revision}
	}
	switch own.Order.Compare(view.Claim.Order) {
	case 1:
		return Step{Do: Write, Revision: view.Revision}
	case 0:
		return Step{Do: GiveUp}
	}
	return Step{Do: GiveUp, Code: protocol.CodeReplaced}
}

// End decides about the clients of a room whose server has left, or was sent away. The caller
// deletes the claim, compared, then reads, and asks End; deleted says that the delete was
// committed. Delete tries again; Close says how all clients end: with 4501 after PEER_GONE, or with
// another code and without PEER_GONE. If the directory does not answer, the delete follows later
// (Leftover).
//
// A room whose server stayed away for the window ends without it: its clients are closed with
// 4005 as at a single node (R11), and the delete follows.
func End(self Instance, deleted bool, view *View) Step {
	switch {
	case view == nil:
		return Step{Do: Close, Code: protocol.CodeServerAway}
	case view.Claim != nil && view.Claim.Home == self:
		return Step{Do: Delete, Revision: view.Revision}
	case view.Claim != nil:
		return Step{Do: Close, Code: protocol.CodeRenew}
	case deleted && view.Revision == 0 && view.Sure():
		return Step{Do: Close, Code: protocol.CodeServerGone}
	}
	return Step{Do: Close, Code: protocol.CodeServerAway}
}

// Leftover decides about a claim that names this node as the home of a room that is not open
// here: its write had no known outcome, or its delete had none. If the server has had a token,
// its peers may come back: the node writes the claim again at Step.Revision, so that nothing
// older can happen to it any more, and after Committed opens the room. Otherwise it deletes the
// claim: its ID was never told to any peer, or the room is over.
func Leftover(self Instance, view *View) Step {
	switch {
	case view == nil || view.Claim == nil || view.Claim.Home != self:
		return Step{Do: Rest}
	case view.Claim.Order.Generation > 0:
		return Step{Do: Adopt, Revision: view.Revision}
	}
	return Step{Do: Delete, Revision: view.Revision}
}

// Refuse returns the code for a newcomer that the home does not admit because the room is full or
// its door is closed. View is read after the newcomer came.
func Refuse(self Instance, view *View) protocol.Code {
	if view.Sure() && view.Claim != nil && view.Claim.Home == self {
		return protocol.CodeNoSuchServer
	}
	return protocol.CodeServerAway
}

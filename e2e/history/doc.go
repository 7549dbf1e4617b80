// Package history is the witness of the delivery promise: peers and the fault injector
// log what happens to them as events, and Check reads the log in linear time and names
// each rule that was broken, with the events that break it.
//
// The rules are these. C1: nothing is made up. C2: nothing is received twice by one
// application instance. C3: what one sender sends to one receiver arrives in order,
// without a gap. C4: nothing is lost in silence. C5: delivered means that the
// application's receive came before. C6: rooms and epochs never mix. C7: what an
// application hears of a peer is well formed. C8: one live connection per ID, the one of
// the highest order. C9: refused means never received. C10: every outcome comes within
// the bound after the network has healed. C11: what is sent again has the same bytes.
// C12: afterwards everything is back at the start. C13: where both peers were back
// within the window and both applications took, every outcome is delivered.
//
// What a rule needs must be in the events: Kind says which fields each kind carries. A
// history in which the events are missing that a rule speaks of is not judged by it, so
// a test says with Rules.Need how much there must be to judge.
//
// Who logs obeys three customs. Send is logged before the call, so that no receive can
// come before it. Receive is logged after the call, at most Rules.Skew later. A program
// that starts again is another application (App), even where it resumes its old ID.
package history

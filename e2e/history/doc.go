// Package history checks the delivery promise: peers and the fault injector
// log what happens as events, and Check reads the log in linear time and names
// each rule that was broken, with the events that break it.
//
// The rules are these. C1: nothing is invented. C2: nothing is received twice by one
// application instance. C3: what one sender sends to one receiver arrives in order,
// without a gap. C4: nothing is lost silently. C5: delivered means that the
// application's receive came before. C6: rooms and epochs never mix. C7: what an
// application is told of a peer is well-formed. C8: one live connection per ID, the one of
// the highest order. C9: refused means never received. C10: every outcome comes within
// the bound after the network has healed. C11: what is sent again has the same bytes.
// C12: afterwards all state is released. C13: if both peers were back
// within the window and both applications took messages, every outcome is delivered.
// C14: a change of path repeats, loses and reorders nothing, and one path stands in for the
// other for as long as that is away. C15: what is read of a byte stream are its bytes, once, in
// order and unchanged, and then its end if it was closed. C16: a byte stream is delivered only
// when it was read to its end, refused only when it never is, and has one outcome; it is delivered
// where C13 demands that of a message. C17: what an application is told of its path is true, it
// has a direct path again when all is well, and one path is enough. C18: nothing takes a path
// that the application has excluded. C19: a final code is true: no peer hears for good that its
// server is not there while the server lives, nor that another has its ID while there is none.
//
// The events must have what a rule needs: Kind lists the fields of each kind. A
// rule does not judge a history without the events that it is about, so
// a test sets with Rules.Need how many there must be.
//
// Programs that log follow three rules. Send is logged before the call, so that no receive can
// come before it. Receive is logged after the call, at most Rules.Skew later. A program
// that is restarted is another application (App), even if it resumes its old ID.
package history

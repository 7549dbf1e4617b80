package sdk

import (
	"context"
	"strconv"
	"sync"

	"github.com/sebas642/intercessor/protocol/link"
)

// Result is how a Send ends: in exactly one of three ways.
type Result uint8

const (
	// Delivered: the other application has the message.
	Delivered Result = iota + 1

	// Refused: the other application has not received the message, and never will.
	Refused

	// Unknown: the Conn ended before this side learned whether the other application
	// received the message, or the Conn is not reliable.
	Unknown
)

// String returns the result as a word, and "not known yet" for the zero Result.
func (r Result) String() string {
	switch r {
	case Delivered:
		return "delivered"
	case Refused:
		return "refused"
	case Unknown:
		return "unknown"
	case 0:
		return "not known yet"
	}
	return "Result(" + strconv.Itoa(int(r)) + ")"
}

// Outcome says whether a message was delivered.
type Outcome struct {
	Result Result

	// Reason says why a message was not delivered; "" if it was.
	Reason Reason
}

// Reason says in a word why a message was not delivered, why a peer is gone, or why there is
// no direct path. Other values than the constants may occur.
type Reason string

const (
	ReasonClosedHere Reason = "closed-here" // this side closed the Conn, or gave up the stream
	ReasonClosed     Reason = "closed"      // the other side closed its Conn
	ReasonRestarted  Reason = "restarted"   // one side does not know the other any more
	ReasonBroken     Reason = "broken"      // one side broke a rule of the link
	ReasonNoLink     Reason = "no-link"     // the Conn is not reliable
	ReasonLeft       Reason = "left"        // the other peer left the relay
	ReasonTimeout    Reason = "timeout"     // the other peer, or this one, was away for too long
	ReasonKicked     Reason = "kicked"      // the server sent the other peer away
	ReasonReplaced   Reason = "replaced"    // another program or page has the other peer's identity
	ReasonRelay      Reason = "relay"       // the session with the relay ended
	ReasonStopped    Reason = "stopped"     // the other side does not read the stream to its end

	// Those of an ICEError.
	ReasonNoAnswer        Reason = "no-answer"        // the other peer has not answered; it may not support WebRTC
	ReasonBusy            Reason = "busy"             // the listener has as many direct paths as it allows
	ReasonNoPath          Reason = "no-path"          // no address of one peer reaches one of the other
	ReasonTURNRefused     Reason = "turn-refused"     // the TURN server that could help refuses the credential
	ReasonTURNUnreachable Reason = "turn-unreachable" // the TURN server that could help does not answer
	ReasonNoTURN          Reason = "no-turn"          // one side may use TURN servers only, and knows none
	ReasonTURNApart       Reason = "turn-apart"       // no path was found, although both sides have a relayed address
	ReasonHandshake       Reason = "handshake"        // the other peer's certificate differs from the one that its messages name
	ReasonNegotiation     Reason = "negotiation"      // a message of the other peer cannot be used
	ReasonLost            Reason = "lost"             // there was a path, and it broke
)

// Receipt tells the outcome of a message that was sent. It may be dropped.
type Receipt struct {
	mu       sync.Mutex
	outcome  Outcome
	done     chan struct{} // made by the first waiter, closed when outcome is set
	received int
	of       int
}

// Outcome waits until the outcome of the message is known. The error is ctx.Err(); Outcome
// can then be called again.
func (r *Receipt) Outcome(ctx context.Context) (Outcome, error) {
	r.mu.Lock()
	if r.outcome.Result != 0 {
		defer r.mu.Unlock()
		return r.outcome, nil
	}
	if r.done == nil {
		r.done = make(chan struct{})
	}
	done := r.done
	r.mu.Unlock()
	select {
	case <-done:
		r.mu.Lock()
		defer r.mu.Unlock()
		return r.outcome, nil
	case <-ctx.Done():
		return Outcome{}, ctx.Err()
	}
}

// Progress returns how many bytes of a large message the other side has received so far,
// and how many it has in all. Both are 0 for one of up to 32 KiB.
func (r *Receipt) Progress() (received, of int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.received, r.of
}

func (r *Receipt) settle(o Outcome) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.outcome = o
	if o.Result == Delivered {
		r.received = r.of
	}
	if r.done != nil {
		close(r.done)
	}
}

func (r *Receipt) progress(received, of int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.received, r.of = received, of
}

// outcomeOf translates a link's outcome. why is the reason if this side aborted the link.
func outcomeOf(o link.Outcome, why Reason) Outcome {
	switch o.Kind {
	case link.Delivered:
		return Outcome{Result: Delivered}
	case link.Refused:
		return Outcome{Result: Refused, Reason: reasonOf(o.How, why)}
	}
	return Outcome{Result: Unknown, Reason: reasonOf(o.How, why)}
}

func reasonOf(how link.How, why Reason) Reason {
	switch how {
	case link.ClosedHere:
		return ReasonClosedHere
	case link.ClosedThere:
		return ReasonClosed
	case link.Restarted:
		return ReasonRestarted
	case link.FailedHere, link.FailedThere:
		return ReasonBroken
	}
	return why // of Aborted and GivenUp
}

package sdk

import (
	"context"
	"time"

	"github.com/sebas642/intercessor/sdk/internal/rtc"
)

// Path says how the messages of a Conn travel, and how its direct path stands.
type Path struct {
	// Route is the way of the messages that this side sends, and Since is when they took it.
	Route Route
	Since time.Time

	// RoundTrip is how long a question takes on that way, with its answer; 0 if it is not
	// known. Sent and Received count the bytes that went there and came from there, with
	// what the link adds.
	RoundTrip      time.Duration
	Sent, Received uint64

	// State is that of the direct path, also while messages take the relay.
	State PathState

	// TURN says that the direct path leads through a TURN server. Messages do not take one
	// through the relay's own, which ends with the relay. Channels and media do.
	TURN bool

	// Problem is what has failed so far, as a sentence; "" if nothing has. The path may
	// still come about.
	Problem string
}

// Route is a way of messages.
type Route string

const (
	RouteRelay  Route = "relay"
	RouteDirect Route = "direct"
	RouteTURN   Route = "turn" // direct, but through a TURN server
)

// PathState is a state of a direct path.
type PathState string

const (
	PathIdle     = PathState(rtc.PathIdle)     // no path has been asked for
	PathAsking   = PathState(rtc.PathAsking)   // the other peer has not described itself yet
	PathChecking = PathState(rtc.PathChecking) // addresses are tried
	PathUp       = PathState(rtc.PathUp)       // connected, and not over; see Route for whether it works just now
	PathOver     = PathState(rtc.PathOver)     // it has failed or ended; another attempt may follow
)

// Path returns how messages travel, and how the direct path stands.
func (c *Conn) Path() Path {
	now, _ := c.messages.path()
	p := c.rtc.now()
	return withState(now, p, p.Path())
}

// WaitPath waits until Route, State, TURN or Problem is not as from says, and returns how the path
// stands. A Route of "" in from is every one. The error is that of ctx, or of the Conn after its
// end. A program that shows progress calls it in a loop.
func (c *Conn) WaitPath(ctx context.Context, from Path) (Path, error) {
	for {
		way, turned := c.messages.path()
		_, ended := c.status.get()
		p, next := c.rtc.following()
		state, changed := p.WatchPath()
		now := withState(way, p, state)
		if now.State != from.State || now.Problem != from.Problem || now.TURN != from.TURN || from.Route != "" && now.Route != from.Route {
			return now, nil
		}
		if err := c.Err(); err != nil && next == nil && now.State == PathOver {
			return now, err
		}
		select {
		case <-turned:
		case <-changed:
		case <-next:
		case <-ended:
		case <-ctx.Done():
			return now, ctx.Err()
		}
	}
}

func withState(now Path, p *rtc.Peer, of rtc.Path) Path {
	now.State, now.Problem, now.TURN = PathState(of.State), of.Problem, of.State == rtc.PathUp && p.Pair().TURN()
	if now.TURN && now.Route == RouteDirect {
		now.Route = RouteTURN
	}
	return now
}

// ICEError says that there is no direct path to the other peer, or none any more.
type ICEError struct {
	Reason Reason // ReasonNoAnswer and those that follow it; others may be added
	There  bool   // the other peer has found the reason, at its end

	// Local and Remote are the candidates that were tried, as lines of SDP
	// (RFC 8839). They hold addresses of the two peers.
	Local, Remote []string

	// Unused counts the candidates of the other peer that were not used, because their form
	// is not known or because there were more than 256.
	Unused int

	// Servers are the failures of this peer's STUN and TURN servers.
	Servers []ServerError

	// Err is the error of the context that ended the search, or what is wrong with the other
	// peer's messages. It may be nil.
	Err error

	text string
}

// Error says what is wrong and what was tried.
func (e *ICEError) Error() string {
	if e.text != "" {
		return e.text
	}
	return "no direct path to the other peer: " + string(e.Reason)
}

// Unwrap returns e.Err.
func (e *ICEError) Unwrap() error { return e.Err }

// ServerError is the failure of a request to a STUN or TURN server.
type ServerError struct {
	URL  string
	Code int    // the STUN error code of the answer, or 701 if the server cannot be reached
	Text string // the server's reason phrase, or what failed
}

// ofPath converts an error of the direct path to the exported type.
func ofPath(err error) error {
	switch e := err.(type) {
	case *rtc.ICEError:
		of := &ICEError{
			Reason: Reason(e.Cause), There: e.There, Local: e.Local, Remote: e.Remote, Unused: e.Unused,
			Servers: make([]ServerError, len(e.Servers)), Err: e.Err, text: e.Error(),
		}
		for i, s := range e.Servers {
			of.Servers[i] = ServerError(s)
		}
		return of
	case *rtc.NegotiationError:
		return &ICEError{Reason: ReasonNegotiation, Err: e.Err, text: e.Error()}
	}
	return err
}

package sdk

import (
	"context"

	"github.com/sebas642/intercessor/sdk/internal/rtc"
)

// Path says how the direct path of a Conn stands.
type Path struct {
	State PathState

	// Problem is what has failed so far, as a sentence; "" if nothing has. The path may
	// still come about.
	Problem string
}

// PathState is a state of a direct path.
type PathState string

const (
	PathIdle     = PathState(rtc.PathIdle)     // no path has been asked for
	PathAsking   = PathState(rtc.PathAsking)   // the other peer has not described itself yet
	PathChecking = PathState(rtc.PathChecking) // addresses are tried
	PathUp       = PathState(rtc.PathUp)
	PathOver     = PathState(rtc.PathOver) // it has failed or ended, and stays so
)

// Path returns how the direct path stands.
func (c *Conn) Path() Path { return pathOf(c.rtc.Path()) }

// WaitPath waits until the direct path does not stand as from says, and returns how it
// stands. The error is that of ctx. A program that shows progress calls it in a loop.
func (c *Conn) WaitPath(ctx context.Context, from Path) (Path, error) {
	now, err := c.rtc.WaitPath(ctx, rtc.Path{State: rtc.PathState(from.State), Problem: from.Problem})
	return pathOf(now), err
}

func pathOf(p rtc.Path) Path { return Path{PathState(p.State), p.Problem} }

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

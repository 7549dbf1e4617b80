package sdk

import (
	"context"

	"github.com/sebas642/intercessor/sdk/internal/rtc"
)

// Path says how the direct path of a Conn stands, and what has failed so far.
type Path = rtc.Path

// PathState is a state of a Path.
type PathState = rtc.PathState

// ServerError is what came of asking a STUN or TURN server, in an ICEError.
type ServerError = rtc.ServerError

// The states of a Path.
const (
	PathIdle     = rtc.PathIdle
	PathAsking   = rtc.PathAsking
	PathChecking = rtc.PathChecking
	PathUp       = rtc.PathUp
	PathOver     = rtc.PathOver
)

// The causes in an ICEError.
const (
	CauseNoAnswer        = rtc.CauseNoAnswer
	CauseNoPath          = rtc.CauseNoPath
	CauseTURNRefused     = rtc.CauseTURNRefused
	CauseTURNUnreachable = rtc.CauseTURNUnreachable
	CauseHandshake       = rtc.CauseHandshake
	CauseLost            = rtc.CauseLost
)

// Path returns how the direct path stands.
func (c *Conn) Path() Path { return c.rtc.Path() }

// WaitPath waits until the direct path does not stand as from says, and returns how it
// stands. The error is that of ctx. A program that shows progress calls it in a loop.
func (c *Conn) WaitPath(ctx context.Context, from Path) (Path, error) {
	return c.rtc.WaitPath(ctx, from)
}

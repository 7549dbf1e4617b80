package main

import (
	"context"
	"errors"
	"syscall/js"

	"github.com/sebas642/intercessor/sdk"
)

// brokenOff is the close code of a connection that ended without one.
const brokenOff = 1006

// explain tells JavaScript of an error: {code, message} and, by code, closeCode and
// reason or candidates. intercessor.js makes an Error of it; intercessor.d.ts says
// what the codes mean.
func explain(err error) map[string]any {
	var (
		relay       *sdk.RelayError
		dial        *sdk.DialError
		protocol    *sdk.ProtocolError
		ice         *sdk.ICEError
		negotiation *sdk.NegotiationError
		caught      panicError
	)
	e := map[string]any{"message": err.Error()}
	switch {
	case errors.Is(err, context.Canceled):
		e["code"], e["message"] = "aborted", "the signal was aborted"
	case errors.As(err, &relay):
		e["code"] = "relay-closed"
		if errors.Is(err, sdk.ErrNoSuchServer) {
			e["code"] = "no-such-server"
		}
		e["closeCode"], e["reason"] = int(relay.Code), relay.Reason
	case errors.As(err, &dial), errors.As(err, &protocol):
		e["code"], e["closeCode"], e["reason"] = "relay-closed", brokenOff, err.Error()
	case errors.As(err, &ice):
		e["code"] = "ice-failed"
		e["candidates"] = map[string]any{"local": list(ice.Local), "remote": list(ice.Remote)}
	case errors.As(err, &negotiation):
		e["code"] = "ice-failed"
		e["candidates"] = map[string]any{"local": []any{}, "remote": []any{}}
	case errors.Is(err, sdk.ErrPeerGone), errors.Is(err, sdk.ErrPathClosed):
		e["code"] = "peer-gone"
	case errors.Is(err, sdk.ErrClosed):
		e["code"] = "closed"
	case errors.Is(err, sdk.ErrOverflow):
		e["code"] = "overflow"
	case errors.Is(err, sdk.ErrTooLarge):
		e["code"] = "too-large"
	case errors.As(err, &caught):
		e["code"] = "internal"
	default: // what is left is about arguments
		e["code"] = "invalid"
	}
	return e
}

func list(lines []string) []any {
	values := make([]any, len(lines))
	for i, line := range lines {
		values[i] = line
	}
	return values
}

// panicError is what protect caught.
type panicError struct{ value any }

func (e panicError) Error() string {
	text := "a fault in the SDK"
	switch v := e.value.(type) {
	case js.Error:
		text += ": " + v.Error()
	case error:
		text += ": " + v.Error()
	case string:
		text += ": " + v
	}
	return text
}

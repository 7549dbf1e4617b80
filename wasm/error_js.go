package main

import (
	"context"
	"errors"
	"syscall/js"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/sdk"
)

// brokenOff is the close code of a connection that ended without one.
const brokenOff = 1006

// explain converts an error for JavaScript: {code, message} and, by code, closeCode,
// reason, or the attempts at a direct path. intercessor.js makes an Error of it; intercessor.d.ts explains
// the codes.
func explain(err error) map[string]any {
	x := explanation{code: "invalid"} // all other errors are about the arguments
	message := err.Error()
	for known := false; err != nil; err = errors.Unwrap(err) {
		if err == context.Canceled { // any cancelled call
			return map[string]any{"code": "aborted", "message": "the signal was aborted"}
		}
		known = known || x.of(err)
	}
	e := map[string]any{"code": x.code, "message": message}
	if x.reason != "" || x.closeCode != 0 {
		e["reason"] = x.reason
	}
	if x.closeCode != 0 {
		e["closeCode"] = int(x.closeCode)
	}
	if x.stream != nil {
		e["reason"], e["streamCode"] = x.reason, float64(x.stream.Code)
	}
	if ice := x.ice; ice != nil {
		e["reason"], e["there"] = string(ice.Reason), ice.There
		e["candidates"] = map[string]any{"local": list(ice.Local), "remote": list(ice.Remote)}
		servers := make([]any, len(ice.Servers))
		for i, s := range ice.Servers {
			servers[i] = map[string]any{"url": s.URL, "code": s.Code, "text": s.Text}
		}
		e["servers"] = servers
	}
	return e
}

// explanation is what JavaScript gets of an error in addition to its message.
type explanation struct {
	code, reason string
	closeCode    protocol.Code // 0: none
	ice          *sdk.ICEError
	stream       *sdk.StreamError
}

// of fills in x for a known kind of error, without unwrapping it, and reports whether it did. A switch
// has a tenth of the size of errors.As and errors.Is, which need reflection.
func (x *explanation) of(err error) bool {
	switch err {
	case sdk.ErrPathClosed:
		x.code, x.reason = "peer-gone", string(sdk.ReasonClosed)
		return true
	case sdk.ErrPathReplaced:
		x.code, x.reason = "ice-failed", string(sdk.ReasonLost)
		return true
	case sdk.ErrRestarted:
		x.code, x.reason = "restarted", string(sdk.ReasonRestarted)
		return true
	case sdk.ErrGivenUp:
		x.code, x.reason = "given-up", string(sdk.ReasonTimeout)
		return true
	case sdk.ErrClosed:
		x.code = "closed"
		return true
	case sdk.ErrKicked: // the server itself has said so, over either path
		x.code = "kicked"
		return true
	case sdk.ErrOverflow:
		x.code = "overflow"
		return true
	case context.DeadlineExceeded: // no answer from the relay
		x.code, x.closeCode, x.reason = "relay-closed", brokenOff, "no answer"
		return true
	}
	switch err := err.(type) {
	case *sdk.RelayError:
		if err.Code == 0 { // the relay refused a request
			return false
		}
		x.code, x.closeCode, x.reason = codeOf(err), err.Code, err.Reason
	case *sdk.ICEError:
		x.code, x.ice = "ice-failed", err
	case *sdk.GoneError:
		x.code, x.reason = "peer-gone", string(err.Reason)
	case *sdk.StreamError:
		x.code, x.reason, x.stream = "stream-ended", err.Text, err
	case *sdk.LinkError:
		x.code, x.reason = "broken", err.Why
	case panicError:
		x.code = "internal"
	case interface{ Is(error) bool }: // an error of the SDK without its own type
		switch {
		case err.Is(sdk.ErrSecret):
			x.code = "secret-failed"
		case err.Is(sdk.ErrTokenRefused), err.Is(sdk.ErrIdentity):
			x.code = "identity-refused"
		case err.Is(sdk.ErrTooLarge):
			x.code = "too-large"
		default:
			return false
		}
	default:
		return false
	}
	return true
}

// codeOf returns the codes for the ends of a session that a page may distinguish.
func codeOf(err *sdk.RelayError) string {
	switch err.Err {
	case sdk.ErrNoSuchServer:
		return "no-such-server"
	case sdk.ErrTokenRefused:
		return "identity-refused"
	case sdk.ErrAccessRefused:
		return "access-refused"
	case sdk.ErrReplaced:
		return "replaced"
	case sdk.ErrKicked:
		return "kicked"
	}
	return "relay-closed"
}

func list(lines []string) []any {
	values := make([]any, len(lines))
	for i, line := range lines {
		values[i] = line
	}
	return values
}

// panicError is a panic that protect caught.
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

package protocol

import "strconv"

// Code is a WebSocket close code. Its number alone says what a peer may do next: see
// [Code.Retry].
type Code uint16

// The codes of RFC 6455 that the relay closes with. All are final.
const (
	CodeProtocolError Code = 1002 // the framing of WebSocket is broken
	CodeBinary        Code = 1003 // a binary frame
	CodeInvalidText   Code = 1007 // broken UTF-8, or nested deeper than MaxDepth
	CodeTooBig        Code = 1009 // a message over MaxMessage
)

// Codes after which a peer may try again.
const (
	CodeRestarting     Code = 4000 // the relay shuts down or restarts
	CodePingTimeout    Code = 4001 // nothing came within PongWithin after a ping
	CodeTooSlow        Code = 4002 // the peer does not read fast enough
	CodeOverloaded     Code = 4003 // the relay, or the server asked for, has no capacity now
	CodeMessageTimeout Code = 4004 // a message was begun and not ended within MessageWithin
	CodeServerAway     Code = 4005 // the client's server is away and may come back
	CodeRenew          Code = 4006 // the connection has reached its maximum duration
)

// Codes after which a peer must not try the same again.
const (
	CodeNoSuchServer  Code = 4500 // the ID names no server: unknown, gone, or a client's
	CodeServerGone    Code = 4501 // the client's server left; PEER_GONE came before
	CodeKicked        Code = 4502 // the client's server, or the relay's operator, sent it away
	CodeReplaced      Code = 4503 // a newer connection has this ID
	CodeTokenRefused  Code = 4504 // the token is forged, expired, or for something else
	CodeAccessRefused Code = 4505 // the access secret is missing or not accepted
	CodeIdle          Code = 4506 // a client without messages, or a server without clients, for too long
	CodeMalformed     Code = 4510 // not one JSON object
	CodeRepeatedField Code = 4511 // to, type, message or from twice
	CodeMissingField  Code = 4512 // to, type or message is not there
	CodeInvalidField  Code = 4513 // a wrong JSON type, or an ID or a type outside its form
	CodeReservedType  Code = 4514 // a type that only the relay may send
	CodeWrongSender   Code = 4515 // from is not the sender's own ID
	CodeRefused       Code = 4516 // the relay's operator does not allow this message
	CodeFlood         Code = 4520 // more than MaxControlRate control frames in a second, or far more at once than the relay accepts
)

// Retry reports whether a peer that was closed with c may connect again (B42). The peer
// must wait before (B43).
func (c Code) Retry() bool {
	switch {
	case c == 1000, c == 1001, c == 1006, 1011 <= c && c <= 1014:
		return true
	}
	return 4000 <= c && c <= 4499
}

// String returns the meaning of c in a few words, or its digits if this package
// does not define it.
func (c Code) String() string {
	switch c {
	case CodeProtocolError:
		return "protocol error"
	case CodeBinary:
		return "binary frame"
	case CodeInvalidText:
		return "invalid text"
	case CodeTooBig:
		return "too big"
	case CodeRestarting:
		return "restarting"
	case CodePingTimeout:
		return "ping timeout"
	case CodeTooSlow:
		return "too slow"
	case CodeOverloaded:
		return "overloaded"
	case CodeMessageTimeout:
		return "message timeout"
	case CodeServerAway:
		return "server away"
	case CodeRenew:
		return "renew"
	case CodeNoSuchServer:
		return "no such server"
	case CodeServerGone:
		return "server gone"
	case CodeKicked:
		return "kicked"
	case CodeReplaced:
		return "replaced"
	case CodeTokenRefused:
		return "token refused"
	case CodeAccessRefused:
		return "access refused"
	case CodeIdle:
		return "idle"
	case CodeMalformed:
		return "malformed"
	case CodeRepeatedField:
		return "repeated field"
	case CodeMissingField:
		return "missing field"
	case CodeInvalidField:
		return "invalid field"
	case CodeReservedType:
		return "reserved type"
	case CodeWrongSender:
		return "wrong sender"
	case CodeRefused:
		return "refused"
	case CodeFlood:
		return "flood"
	}
	return strconv.Itoa(int(c))
}

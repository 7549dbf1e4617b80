package signaling

import "strconv"

// State says how a session stands with its relay.
type State uint8

const (
	// Connecting: there was no HELLO yet. Only a Dial that has not returned is so.
	Connecting State = iota

	// Online: the connection is up.
	Online

	// Reconnecting: the connection broke, and the session is being resumed.
	Reconnecting

	// Closed: the session has ended, and Receive says why.
	Closed
)

// String returns the state in a word.
func (s State) String() string {
	switch s {
	case Connecting:
		return "connecting"
	case Online:
		return "connected"
	case Reconnecting:
		return "reconnecting"
	case Closed:
		return "closed"
	}
	return "State(" + strconv.Itoa(int(s)) + ")"
}

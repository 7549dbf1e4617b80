package sdk

import "github.com/sebas642/intercessor/protocol/link"

// Paths says which paths the messages of a Conn may take: the relay, and the direct path
// between the two peers, if there is one. The stricter wish of the two peers counts;
// PathsRelay and PathsDirect together end the Conn.
type Paths string

const (
	// PathsAuto: messages take the direct path when it is up, and the Conn looks for one
	// itself. So each peer learns the addresses of the other. "" is the same, but the Conn
	// looks for a direct path only when the application asks for channels or media.
	PathsAuto Paths = "auto"

	// PathsRelay: messages stay on the relay. No direct path is made, and the other peer
	// learns no address, unless this side's application asks for channels or media.
	PathsRelay Paths = "relay"

	// PathsDirect: messages never take the relay, and wait until there is a direct path.
	PathsDirect Paths = "direct"
)

func (p Paths) policy() link.Policy {
	switch p {
	case PathsRelay:
		return link.RelayOnly
	case PathsDirect:
		return link.DirectOnly
	}
	return link.Auto
}

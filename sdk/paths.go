package sdk

import "github.com/sebas642/intercessor/protocol/link"

// Paths says which paths the messages of a Conn may take: the relay, and the direct path
// between the two peers, if there is one. The stricter wish of the two peers counts;
// PathsRelay and PathsDirect together end the Conn. A direct path that breaks is repaired, or
// made anew, for as long as the Conn lives. Channels and media end with the path on which they
// were made.
type Paths string

const (
	// PathsAuto: messages take the direct path when it is up, and the Conn looks for one by
	// itself: a client's half a second after it was made, a server's when it has sent 64 KiB.
	// So each peer learns the addresses of the other. "" is the same.
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

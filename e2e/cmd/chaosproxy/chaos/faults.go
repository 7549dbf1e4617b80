package chaos

import (
	"fmt"
	"time"
)

// A Kind is a way to lose a connection.
type Kind int

const (
	None    Kind = iota // not at all
	FIN                 // both ends see an orderly end
	RST                 // both ends see a reset
	Silence             // both ends see nothing: bytes vanish both ways, the sockets stay
)

var kinds = [...]string{"none", "fin", "rst", "silence"}

func (k Kind) String() string {
	if k < 0 || int(k) >= len(kinds) {
		return fmt.Sprintf("kind %d", int(k))
	}
	return kinds[k]
}

// ParseKind reads what String writes.
func ParseKind(s string) (Kind, error) {
	for k, name := range kinds {
		if name == s {
			return Kind(k), nil
		}
	}
	return None, fmt.Errorf("%q is not a way to cut a connection; use fin, rst or silence", s)
}

// Faults are the faults of one connection. The zero value is a good network.
type Faults struct {
	Up   Way // from the peer to the target
	Down Way // from the target to the peer
}

// A Way is one direction of a connection.
type Way struct {
	Cut    Cut
	Stall  Stall
	Delay  time.Duration // added to each byte; the order stays
	Jitter time.Duration // at most this much more delay, drawn from the proxy's seed
	Rate   int64         // bytes a second; 0 means no limit
}

// A Cut ends both directions of the connection as soon as exactly At bytes have passed in its
// own direction; At 0 is before the first. Bytes under way in the other direction may still
// pass. By None means no cut.
type Cut struct {
	At int64
	By Kind
}

// A Stall blocks a direction once At bytes have passed. Afterwards it continues and nothing is
// lost. For 0 means no stall.
type Stall struct {
	At  int64
	For time.Duration
}

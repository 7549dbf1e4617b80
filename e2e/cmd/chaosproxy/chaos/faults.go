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
	return None, fmt.Errorf("%q is no way to cut a connection: fin, rst or silence", s)
}

// Faults are what one connection has to suffer. The zero value is a good network.
type Faults struct {
	Up   Way // from who dialled to the target
	Down Way // from the target to who dialled
}

// A Way is one direction of a connection.
type Way struct {
	Cut    Cut
	Stall  Stall
	Delay  time.Duration // each byte comes so much later; order stays
	Jitter time.Duration // and up to so much later still, drawn from the proxy's seed
	Rate   int64         // bytes a second; 0 is no limit
}

// A Cut ends the connection, both directions, as soon as exactly At bytes have passed
// in its own direction; At 0 is before the first. What is under way in the other
// direction at that moment may still pass. By None is no cut.
type Cut struct {
	At int64
	By Kind
}

// A Stall holds a direction back for a while once At bytes have passed; then it goes
// on and nothing is lost. For 0 is no stall.
type Stall struct {
	At  int64
	For time.Duration
}

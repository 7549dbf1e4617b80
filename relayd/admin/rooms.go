package admin

import (
	"time"

	"github.com/sebas642/intercessor/relayd/cluster"
	"github.com/sebas642/intercessor/relayd/relay"
)

// rooms are what an operator sees and ends: of one relay, or of all nodes of a cluster.
type rooms interface {
	// Rooms returns the rooms with most clients, how many rooms there are, and the nodes that do not
	// answer.
	Rooms() (largest []relay.RoomReport, total int, silent []string)

	Peers(room string) ([]relay.PeerReport, error)
	CloseRoom(room string) error
	Kick(peer, by string, stay time.Duration) error
}

// alone are the rooms of one relay.
type alone struct{ *relay.Relay }

func (a alone) Rooms() (largest []relay.RoomReport, total int, silent []string) {
	all := a.Relay.Rooms()
	total = len(all)
	return relay.Largest(all, cluster.MaxRooms), total, nil
}

func (a alone) Kick(peer, by string, stay time.Duration) error {
	_, err := a.Relay.Kick(peer, by, stay)
	return err
}

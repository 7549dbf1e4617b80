package turn

import (
	"cmp"
	"time"

	"github.com/sebas642/intercessor/relayd/quota"
)

// Limits are the bounds of T5. A zero field means its default.
type Limits struct {
	// AllocationsOfClient is how many allocations a client may have. A server may have as many for
	// each client present, and as many for itself. Beyond it, the owner's oldest allocation that
	// was idle for 30 s is deleted; if there is none, the answer is 486.
	AllocationsOfClient int

	// Allocations is how many there may be in all. A room may have a quarter of them, or as many
	// as two clients, if that is more. Beyond it, an allocation that was idle for 30 s is deleted,
	// of the room with the most; if only smaller rooms have one, the answer is 508.
	Allocations int

	// Connections is how many TCP connections there may be in all. Those beyond it are closed.
	Connections int

	// Bytes of relayed payload a second that an allocation may send, that all allocations of a
	// room may send, and that all may send. Bursts of a quarter of a second pass at once. A packet
	// counts as at least 256 bytes, because small packets cost as much CPU. Packets beyond a limit
	// wait for up to 100 ms, for that in all 20 ms, as long as the 128 KiB for their receiver have space.
	// Others are dropped. Of the limit in all, each of n rooms that use a 256th of it or more has
	// the nth part for itself.
	BytesOfAllocation, BytesOfRoom, Bytes int

	// Unauthenticated requests a second of an IPv4 /24 or IPv6 /56 over UDP, and of all, with
	// bursts of twice as many and of as many. Signed requests of sources without an allocation are
	// counted apart, with the same limits. An allocation and a TCP connection have the first limit
	// for themselves. Requests beyond a limit are not answered. All TCP connections without an
	// allocation have the second together, and beyond it they wait.
	RequestsOfNetwork, Requests int
}

// The defaults of Limits.
const (
	DefaultAllocationsOfClient = 8
	DefaultAllocations         = 4096
	DefaultConnections         = 4096
	DefaultBytesOfAllocation   = 4 << 20
	DefaultBytesOfRoom         = 8 << 20
	DefaultBytes               = 24 << 20
	DefaultRequestsOfNetwork   = 100
	DefaultRequests            = 5000
)

func (l Limits) withDefaults() *Limits {
	return &Limits{
		AllocationsOfClient: cmp.Or(l.AllocationsOfClient, DefaultAllocationsOfClient),
		Allocations:         cmp.Or(l.Allocations, DefaultAllocations),
		Connections:         cmp.Or(l.Connections, DefaultConnections),
		BytesOfAllocation:   cmp.Or(l.BytesOfAllocation, DefaultBytesOfAllocation),
		BytesOfRoom:         cmp.Or(l.BytesOfRoom, DefaultBytesOfRoom),
		Bytes:               cmp.Or(l.Bytes, DefaultBytes),
		RequestsOfNetwork:   cmp.Or(l.RequestsOfNetwork, DefaultRequestsOfNetwork),
		Requests:            cmp.Or(l.Requests, DefaultRequests),
	}
}

// leastCharge is the number of bytes that the smallest packet counts as.
const leastCharge = 256

// ofRoom is how many allocations a room may have.
func (l *Limits) ofRoom() int { return max(l.Allocations/4, 2*l.AllocationsOfClient) }

func (l *Limits) ofNetwork() quota.Rate {
	return quota.PerSecondFor(int64(l.RequestsOfNetwork), 2*time.Second)
}

func (l *Limits) ofAllNetworks() quota.Rate {
	return quota.PerSecondFor(int64(l.Requests), time.Second)
}

package turn

import (
	"encoding/binary"
	"sync/atomic"
)

// Stats are the numbers of a server. Counters count from its start.
type Stats struct {
	Allocations int // that exist
	Connections int // over TCP that are open

	Packets uint64 // relayed from one allocation to another
	Bytes   uint64 // of their payload

	// Dropped counts what was dropped without an answer, by reason. It has all reasons, from the
	// start.
	Dropped map[string]uint64

	// Refused counts error answers by STUN's code. A 401 is the first answer to each client, too.
	Refused map[int]uint64
}

// A reason is why a packet, a request or a connection was dropped.
type reason int

const (
	// Of relayed packets.
	noLabel reason = iota
	strangers
	noPermission
	overAllocation
	overRoom
	overAll
	queueFull

	// Of what clients send.
	malformed
	unexpected
	tooLarge
	noAllocation
	overNetwork
	overRequests

	// Of connections.
	overConnections
	tooSlow
	idle

	reasons
)

var reasonNames = [reasons]string{
	noLabel:         "no_label",         // no allocation has the label that the packet is for
	strangers:       "strangers",        // the owners are not a server and a client of one room
	noPermission:    "no_permission",    // the receiver has not permitted the label's address
	overAllocation:  "over_allocation",  // BytesOfAllocation
	overRoom:        "over_room",        // BytesOfRoom
	overAll:         "over_all",         // Bytes
	queueFull:       "queue_full",       // too much waits for the receiver, or for all
	malformed:       "malformed",        // neither STUN with the cookie nor channel data
	unexpected:      "unexpected",       // STUN that no client sends to a TURN server
	tooLarge:        "too_large",        // larger than any packet of WebRTC
	noAllocation:    "no_allocation",    // data from a source without an allocation
	overNetwork:     "over_network",     // RequestsOfNetwork
	overRequests:    "over_requests",    // Requests
	overConnections: "over_connections", // Connections
	tooSlow:         "too_slow",         // a connection that was closed because its client stopped reading
	idle:            "idle",             // a connection that was closed because it had no allocation
}

// codes are the errors that the server answers with.
var codes = [...]int{400, 401, 403, 420, 437, 438, 440, 441, 442, 443, 486, 508}

type counters struct {
	packets, bytes atomic.Uint64
	dropped        [reasons]atomic.Uint64
	refused        [len(codes)]atomic.Uint64
}

func (c *counters) drop(r reason) { c.dropped[r].Add(1) }

// answered counts a message to a client if it is an error. ERROR-CODE is the first attribute of
// pion's errors and of ours.
func (c *counters) answered(message []byte) {
	const errorClass, errorCode = 0x0110, 0x0009
	if len(message) < 28 || message[0] > 3 ||
		binary.BigEndian.Uint16(message)&errorClass != errorClass || binary.BigEndian.Uint16(message[20:]) != errorCode {
		return
	}
	code := int(message[26]&7)*100 + int(message[27])
	for i, known := range codes {
		if code == known {
			c.refused[i].Add(1)
		}
	}
}

// Stats returns the numbers of now. It may be called at any time.
func (s *Server) Stats() Stats {
	stats := Stats{
		Allocations: s.hub.count(),
		Connections: s.connections.count(),
		Packets:     s.counts.packets.Load(),
		Bytes:       s.counts.bytes.Load(),
		Dropped:     make(map[string]uint64, reasons),
		Refused:     make(map[int]uint64, len(codes)),
	}
	for i, name := range reasonNames {
		stats.Dropped[name] = s.counts.dropped[i].Load()
	}
	for i, code := range codes {
		stats.Refused[code] = s.counts.refused[i].Load()
	}
	return stats
}

package history

import (
	"fmt"
	"strings"
)

// A Kind says what happened. The comments list the fields that each needs besides At;
// what an application logs has App, ID and Room as well.
type Kind string

const (
	Start Kind = "start" // Protocol: the program has its ID
	Stop  Kind = "stop"  // Reason "closed" or "killed": the program has ended, or was killed

	Send      Kind = "send"      // Conn, Peer, Seq, Type, Hash: Send is about to be called
	Delivered Kind = "delivered" // Conn, Seq: how the send ended
	Refused   Kind = "refused"   // Conn, Seq, Reason
	Unknown   Kind = "unknown"   // Conn, Seq, Reason
	Receive   Kind = "receive"   // Conn, Peer, From, Seq, Type, Hash; Link if it is known
	Close     Kind = "close"     // Conn, Peer: the application is about to close its side

	Joined Kind = "joined" // Conn, Peer, Protocol (the peer's): the application has the connection
	Away   Kind = "away"   // Conn, Peer; Window where it is not the usual
	Back   Kind = "back"   // Conn, Peer
	Gone   Kind = "gone"   // Conn, Peer, Reason
	Path   Kind = "path"   // Conn, Peer, Name "relay" or "direct": what App sends to Peer takes this path now

	Bound   Kind = "bound"   // Name "relay" or "direct": the application has excluded every other path
	Crossed Kind = "crossed" // Name "relay" or "direct", Value: so many pieces of what applications say took this path to ID or from it
	Deaf    Kind = "deaf"    // of ID: nothing passes on direct paths to it and from it any more
	Hears   Kind = "hears"   // of ID: and again

	Wrote  Kind = "wrote" // Conn, Peer, Link, Stream, Seq, Hash: so many bytes of a byte stream were written in all, all with this hash
	Ended  Kind = "ended" // Conn, Peer, Link, Stream: the application is about to close what it writes
	Cut    Kind = "cut"   // Conn, Peer, Link, Stream, Name "abort" of what it writes, or "stop" of what it reads
	ReadTo Kind = "read"  // Conn, Peer, Link, Stream, Seq, Hash: so many bytes were read in all
	EOF    Kind = "eof"   // Conn, Peer, Link, Stream, Seq: the end came after so many
	Sent   Kind = "sent"  // Conn, Peer, Link, Stream, Name "delivered", "refused" or "unknown": what became of what was written

	Lost    Kind = "lost"    // the program's own connection to the relay broke
	Resumed Kind = "resumed" // and is back
	Paused  Kind = "paused"  // the application stops taking messages
	Taking  Kind = "taking"  // the application takes messages again

	Up   Kind = "up"   // Order, Node, Name: a connection of ID is live, by name
	Down Kind = "down" // Node, Name, Reason: it is not any more; "replaced" is fenced off
	Wire Kind = "wire" // Link, Stream, Seq, Hash: App hands a numbered frame to a path

	Final Kind = "final" // Name, Reason: the relay has sent the program away for good, with this code; without ID if it was not let in

	Measure Kind = "measure" // Name, Value, Slack, Reason "before" or "after"

	Fault  Kind = "fault"  // Name, such as cut, kill, stop, partition
	Healed Kind = "healed" // all is well again; of a partition, Name is "partition"
)

// An Event is one line of the log.
type Event struct {
	At       int64    `json:"at"` // nanoseconds of the machine's monotonic clock, or of the test's own
	Kind     Kind     `json:"kind"`
	App      string   `json:"app,omitempty"`      // the instance of the program that logs, unique in a history
	ID       string   `json:"id,omitempty"`       // its ID at the relay
	Room     string   `json:"room,omitempty"`     // the ID of its room's server
	Protocol string   `json:"protocol,omitempty"` // "base", or "" for v1
	Conn     int      `json:"conn,omitempty"`     // the program's connections to peers, numbered from 1
	Peer     string   `json:"peer,omitempty"`     // the other's ID, as the program knows it
	From     string   `json:"from,omitempty"`     // who sent, as the message says: Sender of the send
	Seq      uint64   `json:"seq,omitempty"`      // the number of the send on its Conn, from 1
	Type     string   `json:"type,omitempty"`
	Hash     string   `json:"hash,omitempty"` // of the message's bytes
	Reason   string   `json:"reason,omitempty"`
	Link     string   `json:"link,omitempty"`
	Stream   int      `json:"stream,omitempty"`
	Order    []uint64 `json:"order,omitempty"`
	Node     string   `json:"node,omitempty"`
	Name     string   `json:"name,omitempty"`
	Value    float64  `json:"value,omitempty"`
	Slack    float64  `json:"slack,omitempty"`
	Window   int64    `json:"window,omitempty"` // nanoseconds
}

// Sender names the sending end of a connection. A message carries it with its number,
// and From of its receive repeats it.
func Sender(app string, conn int) string { return fmt.Sprintf("%s/%d", app, conn) }

// String formats the event for a reader of a violation.
func (e Event) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%.6fs %s", float64(e.At)/1e9, e.Kind)
	for _, f := range []struct{ name, value string }{
		{"app", e.App}, {"id", e.ID}, {"room", e.Room}, {"protocol", e.Protocol}, {"peer", e.Peer},
		{"from", e.From}, {"type", e.Type}, {"hash", e.Hash}, {"reason", e.Reason}, {"link", e.Link},
		{"node", e.Node}, {"name", e.Name},
	} {
		if f.value != "" {
			fmt.Fprintf(&b, " %s=%q", f.name, f.value)
		}
	}
	if e.Conn != 0 {
		fmt.Fprintf(&b, " conn=%d", e.Conn)
	}
	if e.Stream != 0 {
		fmt.Fprintf(&b, " stream=%d", e.Stream)
	}
	if e.Seq != 0 {
		fmt.Fprintf(&b, " seq=%d", e.Seq)
	}
	if e.Order != nil {
		fmt.Fprintf(&b, " order=%v", e.Order)
	}
	if e.Kind == Measure {
		fmt.Fprintf(&b, " value=%g", e.Value)
	}
	return b.String()
}

package config

import (
	"time"

	"github.com/alecthomas/units"
	"github.com/sebas642/intercessor/relayd/relay"
)

// Limits are the limits of peers, but for those that every peer relies on, such as a
// message's size: these are in protocol/PROTOCOL.md.
type Limits struct {
	PeerMessages int              `key:"peer_messages" arg:"number" min:"10" max:"100000000" reload:"yes" doc:"How many frames a second one peer may send: messages, parts of them, pings. relayd reads no faster."`
	PeerBytes    units.Base2Bytes `key:"peer_bytes" arg:"size" min:"64KiB" max:"64GiB" reload:"yes" doc:"How many bytes a second one peer may send."`
	PeerBurst    time.Duration    `key:"peer_burst" arg:"duration" min:"100ms" max:"1m" reload:"yes" doc:"Burst size, as a time: after being idle, a peer may send at once what it may send in this time."`
	Streams      bool             `key:"streams" default:"true" reload:"yes" doc:"Whether relayd carries byte streams, which is how SDK peers send files without a direct path. If not, byte streams need a direct path; messages are not affected. Of false set by SIGHUP, connected peers hear at their next frame of a stream; of true, when they next connect."`
	StreamBytes  units.Base2Bytes `key:"stream_bytes" arg:"size" min:"64KiB" max:"64GiB" reload:"yes" doc:"How many of peer_bytes may be of byte streams. Connected SDK peers pace themselves by the new number from their next connection on; until then relayd reads no faster."`

	OutboxBytes    units.Base2Bytes `key:"outbox_bytes" arg:"size" min:"128KiB" max:"16MiB" doc:"How much may wait to be written to one peer. A client with more is closed; a server's own clients are held back."`
	OutboxMessages int              `key:"outbox_messages" arg:"number" min:"16" max:"100000" doc:"The same in messages."`
	WaitingBytes   units.Base2Bytes `key:"waiting_bytes" arg:"size" min:"1MiB" max:"64GiB" doc:"How much may wait to be written to all peers together, beyond one message for each."`
	IncomingBytes  units.Base2Bytes `key:"incoming_bytes" arg:"size" min:"1MiB" max:"64GiB" doc:"Total size of messages that have not ended, or are held back for a slow server. Peers with up to 4 KiB do not count. Beyond it, the peers with the oldest of these messages are closed and told to retry."`

	RoomClients int `key:"room_clients" arg:"number" min:"1" max:"1000000" reload:"yes" doc:"How many clients one room may have, including those that are away and may come back. The backend of access.authorize_url may set another number for a room. A change applies to a room when its server next connects."`

	SourceConnections  int `key:"source_connections" arg:"number" min:"1" max:"1000000" reload:"yes" doc:"How many peers one source may have, and how many connections without a handshake. A source is an IPv4 address or the /64 of an IPv6 address; a /48 may have four times as many as a /64. Loopback addresses count only if proxy.trusted is set; the proxies in it never count."`
	SourceConnects     int `key:"source_connects" arg:"number" min:"1" max:"1000000" reload:"yes" doc:"How many peers a second may connect from one source."`
	SourceConnectBurst int `key:"source_connect_burst" arg:"number" min:"1" max:"1000000" reload:"yes" doc:"Burst size: how many peers one source may connect at once after being idle."`
	SourceRooms        int `key:"source_rooms" arg:"number" min:"1" max:"1000000" reload:"yes" doc:"How many open rooms one source may have. A room is open until its server has left, or is no longer waited for."`

	Connections int `key:"connections" arg:"number" min:"1" max:"10000000" reload:"yes" doc:"How many peers there may be in all. It is less if the process may open too few files: a quarter of them, 24 at least and 128 at the most, is reserved for the admin listener and other needs of relayd, and a quarter of the rest, 1024 at the most, for pages, handshakes and refused peers; with turn.enabled also an eighth, turn.connections at the most."`
	Rooms       int `key:"rooms" arg:"number" min:"1" max:"10000000" reload:"yes" doc:"How many rooms there may be in all."`
	Away        int `key:"away" arg:"number" min:"1" max:"10000000" reload:"yes" doc:"How many absent peers relayd remembers. A forgotten peer can still come back."`

	ClientIdle  time.Duration `key:"client_idle" arg:"duration" default:"0s" min:"0s" max:"8760h" reload:"yes" doc:"How long a client may stay without a message from it or to it; then it is closed, for good. 0s: no limit. A client with a direct path may be idle here for hours; it comes back when it needs the relay."`
	ServerAlone time.Duration `key:"server_alone" arg:"duration" default:"0s" min:"0s" max:"8760h" reload:"yes" doc:"How long a server may stay without a client; then it is closed, for good. 0s: no limit. A server with a direct path to a client comes back at once."`
	SessionLife time.Duration `key:"session_life" arg:"duration" default:"0s" min:"0s" max:"8760h" reload:"yes" doc:"How long any connection may last; then it is closed, and its peer comes back at once if it is still admitted. 0s: no limit. Base peers lose their ID."`
}

func (l *Limits) setDefaults() {
	l.PeerMessages = relay.DefaultPeerMessages
	l.PeerBytes = relay.DefaultPeerBytes
	l.PeerBurst = relay.DefaultPeerBurst
	l.StreamBytes = relay.DefaultStreamBytes
	l.OutboxBytes = relay.DefaultOutboxBytes
	l.OutboxMessages = relay.DefaultOutboxFrames
	l.WaitingBytes = relay.DefaultWaitingBytes
	l.IncomingBytes = relay.DefaultIncomingBytes
	l.RoomClients = relay.DefaultRoomClients
	l.SourceConnections = relay.DefaultSourceConnections
	l.SourceConnects = relay.DefaultSourceConnects
	l.SourceConnectBurst = relay.DefaultSourceConnectBurst
	l.SourceRooms = relay.DefaultSourceRooms
	l.Connections = relay.DefaultConnections
	l.Rooms = relay.DefaultRooms
	l.Away = relay.DefaultAway
}

// Reloadable returns the limits that the relay can change while it runs.
func (l *Limits) Reloadable() relay.Limits {
	return relay.Limits{
		PeerMessages:       l.PeerMessages,
		PeerBytes:          int64(l.PeerBytes),
		PeerBurst:          l.PeerBurst,
		StreamBytes:        int64(l.StreamBytes),
		RoomClients:        l.RoomClients,
		SourceConnections:  l.SourceConnections,
		SourceConnects:     l.SourceConnects,
		SourceConnectBurst: l.SourceConnectBurst,
		SourceRooms:        l.SourceRooms,
		Connections:        l.Connections,
		Rooms:              l.Rooms,
		Away:               l.Away,
		ClientIdle:         l.ClientIdle,
		ServerAlone:        l.ServerAlone,
		SessionLife:        l.SessionLife,
	}
}

func (l *Limits) check(report func(key, why string)) {
	if l.WaitingBytes < l.OutboxBytes {
		report("waiting_bytes", "must be at least outbox_bytes: one slow peer would fill it")
	}
	if l.StreamBytes != relay.DefaultStreamBytes {
		switch {
		case !l.Streams:
			report("stream_bytes", "is for byte streams, which streams = false turns off: leave one of the two out")
		case l.StreamBytes > l.PeerBytes:
			report("stream_bytes", "must be at most peer_bytes, of which it is a part")
		}
	}
	for key, life := range map[string]time.Duration{"client_idle": l.ClientIdle, "server_alone": l.ServerAlone, "session_life": l.SessionLife} {
		if 0 < life && life < 10*time.Second {
			report(key, "must be 0s or at least 10s: peers would do nothing but connect")
		}
	}
}

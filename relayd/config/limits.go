package config

import (
	"time"

	"github.com/alecthomas/units"
	"github.com/sebas642/intercessor/relayd/relay"
)

// Limits are what peers may have and do. A message's size and others that every peer can rely on are not among
// them: they stand in protocol/PROTOCOL.md.
type Limits struct {
	PeerMessages int              `key:"peer_messages" arg:"number" default:"20000" min:"10" max:"100000000" reload:"yes" doc:"How many frames a second one peer may send: messages, parts of them, pings. relayd reads no faster."`
	PeerBytes    units.Base2Bytes `key:"peer_bytes" arg:"size" default:"32MiB" min:"64KiB" max:"64GiB" reload:"yes" doc:"How many bytes a second one peer may send."`
	PeerBurst    time.Duration    `key:"peer_burst" arg:"duration" default:"1s" min:"100ms" max:"1m" reload:"yes" doc:"For how long a peer may save up what it does not send, and then send it at once."`

	OutboxBytes    units.Base2Bytes `key:"outbox_bytes" arg:"size" default:"256KiB" min:"128KiB" max:"16MiB" doc:"How much may wait to be written to one peer. A client with more is closed; a server's own clients are held back."`
	OutboxMessages int              `key:"outbox_messages" arg:"number" default:"1000" min:"16" max:"100000" doc:"The same in messages."`
	WaitingBytes   units.Base2Bytes `key:"waiting_bytes" arg:"size" default:"64MiB" min:"1MiB" max:"64GiB" doc:"How much may wait to be written to all peers together, beyond one message for each."`
	IncomingBytes  units.Base2Bytes `key:"incoming_bytes" arg:"size" default:"64MiB" min:"1MiB" max:"64GiB" doc:"How much of messages that have not ended, or are held back for a slow server, all peers together may have in relayd. Peers with up to 4 KiB do not count. Beyond it, those with the oldest of these messages are closed and told to come again."`

	RoomClients int `key:"room_clients" arg:"number" default:"10000" min:"1" max:"1000000" reload:"yes" doc:"How many clients one room takes, those included who are away and may come back. The backend that is asked may say another number for a room. A change applies to a room when its server next connects."`

	SourceConnections  int `key:"source_connections" arg:"number" default:"500" min:"1" max:"1000000" reload:"yes" doc:"How many peers may be there from one source, and how many connections that have not made their handshake. A source is an IPv4 address or the /64 of an IPv6 address; a /48 has four times as much as a /64. Loopback addresses are no source unless proxy.trusted is set, nor are the proxies in it."`
	SourceConnects     int `key:"source_connects" arg:"number" default:"50" min:"1" max:"1000000" reload:"yes" doc:"How many peers a second may connect from one source."`
	SourceConnectBurst int `key:"source_connect_burst" arg:"number" default:"500" min:"1" max:"1000000" reload:"yes" doc:"How many may at once, after some time in which fewer did."`
	SourceRooms        int `key:"source_rooms" arg:"number" default:"200" min:"1" max:"1000000" reload:"yes" doc:"How many rooms may be open that peers of one source have opened. A room is open until its server has left, or is no longer waited for."`

	Connections int `key:"connections" arg:"number" default:"100000" min:"1" max:"10000000" reload:"yes" doc:"How many peers there may be in all. It is less where the process may not have as many files open: a quarter of those, 24 at least and 128 at the most, is kept for everything but peers and pages, the admin listener among it, and of the rest a quarter, 1024 at the most, for pages, handshakes and those who are told to come again."`
	Rooms       int `key:"rooms" arg:"number" default:"100000" min:"1" max:"10000000" reload:"yes" doc:"How many rooms there may be in all."`
	Away        int `key:"away" arg:"number" default:"100000" min:"1" max:"10000000" reload:"yes" doc:"How many peers are remembered that are away and may come back. Beyond it relayd forgets; peers that come back are let in all the same."`

	ClientIdle  time.Duration `key:"client_idle" arg:"duration" default:"0s" min:"0s" max:"8760h" reload:"yes" doc:"How long a client may be there while no message goes from it or to it; then it is closed, for good. 0s: for ever. Peers with a direct path of their own may be idle here for hours."`
	ServerAlone time.Duration `key:"server_alone" arg:"duration" default:"0s" min:"0s" max:"8760h" reload:"yes" doc:"How long a server may be there without any client; then it is closed, for good. 0s: for ever."`
	SessionLife time.Duration `key:"session_life" arg:"duration" default:"0s" min:"0s" max:"8760h" reload:"yes" doc:"How long any connection may last; then it is closed, and its peer comes back at once if it still may. So whoever may no longer come in is out after that time at the latest. 0s: for ever. Base peers lose their ID by it."`
}

// Reloadable are those that the relay can change while it runs.
func (l *Limits) Reloadable() relay.Limits {
	return relay.Limits{
		PeerMessages:       l.PeerMessages,
		PeerBytes:          int64(l.PeerBytes),
		PeerBurst:          l.PeerBurst,
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
		report("waiting_bytes", "must be outbox_bytes at least: one slow peer would fill it")
	}
	for key, life := range map[string]time.Duration{"client_idle": l.ClientIdle, "server_alone": l.ServerAlone, "session_life": l.SessionLife} {
		if 0 < life && life < 10*time.Second {
			report(key, "must be 0s or 10s at least: peers would do nothing but connect")
		}
	}
}

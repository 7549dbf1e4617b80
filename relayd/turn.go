package main

import (
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/config"
	"github.com/sebas642/intercessor/relayd/ice"
	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/sebas642/intercessor/relayd/resume"
	"github.com/sebas642/intercessor/relayd/turn"
)

// openTURN returns relayd's own TURN server without sockets, nil if it has none.
func openTURN(c config.TURN, r *relay.Relay, keys []resume.Key, log *slog.Logger) (*turn.Server, error) {
	if !c.Enabled {
		return nil, nil
	}
	return turn.New(turn.Config{Label: c.Label, Keys: turnKeys(keys), Peers: seats{r}, Log: log})
}

// turnKeys returns what signs TURN credentials.
func turnKeys(keys []resume.Key) (signing turn.Keys) {
	for _, key := range keys {
		if len(signing) == 0 || signing[0].Name != key.Name() {
			signing = append(signing, turn.Key{Name: key.Name(), Secret: key.Derive("intercessor turn credentials")})
		}
	}
	return signing
}

// seats finds the owners of allocations at the relay.
type seats struct{ relay *relay.Relay }

func (s seats) Find(room, peer protocol.ID) turn.Peer {
	if seat, ok := s.relay.Find(room, peer); ok {
		return seat
	}
	return nil
}

// turnLimits returns the limits of the TURN server (T5).
func turnLimits(c config.TURN, room files) turn.Limits {
	return turn.Limits{
		AllocationsOfClient: c.ClientAllocations,
		Allocations:         c.Allocations,
		Connections:         room.turn(c),
		BytesOfAllocation:   int(c.AllocationBytes),
		BytesOfRoom:         int(c.RoomBytes),
		Bytes:               int(c.Bytes),
		RequestsOfNetwork:   c.NetworkRequests,
		Requests:            c.Requests,
	}
}

// credentials makes the TURN credential of a peer.
type credentials = func(room, peer protocol.ID, until time.Time) (username, password string)

// ownICE returns how peers are told of the TURN server (T6). Port is that of turn.listen, 0 if
// it has none.
func ownICE(c config.TURN, credential credentials, port int, shown *certificates) *ice.Own {
	own := &ice.Own{UDPPort: c.UDPPort, TCPPort: c.TCPPort, Credential: credential}
	for _, host := range c.Hosts {
		own.Hosts = append(own.Hosts, strings.ToLower(host))
	}
	if own.UDPPort == 0 {
		own.UDPPort = port
	}
	if own.TCPPort == 0 {
		own.TCPPort = port
	}
	if shown != nil {
		own.TLS, own.Secure = true, shown.secure
	}
	return own
}

// receiveBuffer is the size of a UDP socket's buffer: at 24 MiB a second, packets of 40 ms.
const receiveBuffer = 1 << 20

// listenBoth listens on one port for TCP and UDP. For port 0 it tries several.
func listenBoth(address, flag string) (net.Listener, []net.PacketConn, error) {
	host, port, _ := net.SplitHostPort(address)
	for tries := 1; ; tries++ {
		listener, err := net.Listen("tcp", address)
		if err != nil {
			return nil, nil, cannotListen(address, flag, err)
		}
		_, same, _ := net.SplitHostPort(listener.Addr().String())
		packets, err := listenPackets(host, same)
		if err == nil {
			for _, socket := range packets {
				_ = socket.(*net.UDPConn).SetReadBuffer(receiveBuffer) // the system may grant less
			}
			return listener, packets, nil
		}
		_ = listener.Close()
		if port != "0" || tries == 10 || !errors.Is(err, syscall.EADDRINUSE) {
			return nil, nil, cannotListen("UDP "+address, flag, err)
		}
	}
}

// noPage answers HTTP on the port of turn.listen.
func noPage(w http.ResponseWriter, _ *http.Request) {
	say(w, http.StatusNotFound, "this is the port of the TURN server")
}

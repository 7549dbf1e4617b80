package relay_test

import (
	"log"
	"net"
	"net/http"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/ice"
	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/sebas642/intercessor/relayd/resume"
	"github.com/sebas642/intercessor/relayd/turn"
)

// owners finds the owners of allocations among the peers of a relay.
type owners struct{ *relay.Relay }

func (o owners) Find(room, peer protocol.ID) turn.Peer {
	if seat, ok := o.Relay.Find(room, peer); ok {
		return seat
	}
	return nil
}

// A program that mounts the relay can run the TURN server beside it, on the same port number for
// UDP and TCP.
func ExampleRelay_Divert() {
	const within = 5 * time.Second
	key := resume.NewKey()
	r := relay.New(relay.Config{Tokens: resume.NewTokens(key)})
	s, err := turn.New(turn.Config{
		Keys:  []turn.Key{{Name: key.Name(), Secret: key.Derive("turn credentials")}},
		Peers: owners{r},
	})
	if err != nil {
		log.Fatal(err)
	}
	servers, err := ice.New(ice.Config{Own: &ice.Own{Credential: s.Credential}, Life: 10 * time.Minute})
	if err == nil {
		err = r.Reload(relay.Settings{ICEServers: servers})
	}
	if err != nil {
		log.Fatal(err)
	}

	packets, err := net.ListenPacket("udp", ":8000")
	if err != nil {
		log.Fatal(err)
	}
	s.ServePacket(packets)
	listener, err := net.Listen("tcp", ":8000")
	if err != nil {
		log.Fatal(err)
	}
	server := &http.Server{Handler: r, ReadHeaderTimeout: within, ConnState: r.ConnState, ConnContext: r.ConnContext}
	log.Fatal(server.Serve(s.Listener(r.Handshakes(r.Listener(listener)), turn.Share{Within: within, Divert: r.Divert})))
}

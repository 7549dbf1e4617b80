//go:build !js

package rtc_test

import (
	"context"
	"encoding/json"
	"net"
	"strings"
	"testing"

	"github.com/pion/turn/v5"
	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/sdk/internal/rtc"
)

// serveTURN serves TURN over UDP and TCP on one port of an address of this host. Relayed
// addresses are of 127.0.0.1. The credential is ada's.
func serveTURN(t testing.TB, on string) (udp, tcp rtc.ICEServer) {
	t.Helper()
	_, udp, tcp = startTURN(t, on)
	return udp, tcp
}

func startTURN(t testing.TB, on string) (server *turn.Server, udp, tcp rtc.ICEServer) {
	t.Helper()
	listener, err := net.Listen("tcp", net.JoinHostPort(on, "0"))
	require.NoError(t, err)
	at := listener.Addr().String()
	packets, err := net.ListenPacket("udp", at)
	require.NoError(t, err)
	relays := &turn.RelayAddressGeneratorStatic{RelayAddress: net.IPv4(127, 0, 0, 1), Address: "127.0.0.1"}
	server, err = turn.NewServer(turn.ServerConfig{
		Realm: "intercessor.test", StrictAddressFamily: true,
		AuthHandler: func(a *turn.RequestAttributes) (string, []byte, bool) {
			return a.Username, turn.GenerateAuthKey(a.Username, a.Realm, "secret"), true
		},
		PacketConnConfigs: []turn.PacketConnConfig{{PacketConn: packets, RelayAddressGenerator: relays}},
		ListenerConfigs:   []turn.ListenerConfig{{Listener: listener, RelayAddressGenerator: relays}},
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	of := func(url string) rtc.ICEServer {
		return rtc.ICEServer{URLs: []string{url}, Username: "ada", Credential: "secret"}
	}
	return server, of("turn:" + at), of("turn:" + at + "?transport=tcp")
}

// TestRelayedAddressesAreIPv4: also those of a server that is reached over IPv6. A peer with
// IPv6 alone then meets one with IPv4 alone.
func TestRelayedAddressesAreIPv4(t *testing.T) {
	for _, on := range []string{"127.0.0.1", "::1"} {
		udp, tcp := serveTURN(t, on)
		for _, server := range []rtc.ICEServer{udp, tcp} {
			t.Run(server.URLs[0], func(t *testing.T) {
				relayed := make(chan string, 10)
				options := rtc.Options{Offer: true, ICEServers: []rtc.ICEServer{server}}
				options.Signal = func(_ context.Context, typ string, message []byte) error {
					var init struct{ Candidate string }
					if typ == "CANDIDATE" && json.Unmarshal(message, &init) == nil && strings.Contains(init.Candidate, "typ relay") {
						relayed <- strings.Fields(init.Candidate)[4]
					}
					return nil
				}
				peer := rtc.New(options)
				peer.Start()
				defer func() { require.NoError(t, peer.Close()) }()
				_, err := peer.PeerConnection()
				require.NoError(t, err)
				select {
				case address := <-relayed:
					require.Equal(t, "127.0.0.1", address)
				case <-within(t).Done():
					t.Fatal("no relayed candidate")
				}
			})
		}
	}
}

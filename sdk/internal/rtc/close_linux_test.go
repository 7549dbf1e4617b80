package rtc_test

import (
	"context"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/sdk/internal/netns"
	"github.com/sebas642/intercessor/sdk/internal/rtc"
)

// TestCloseEndsWhatICEWaitsFor: every packet to the TURN servers is lost, as behind a strict
// firewall.
func TestCloseEndsWhatICEWaitsFor(t *testing.T) {
	if !netns.Isolated(t) {
		return
	}
	netns.Run(t, `ip link add eth0 type veth peer name eth1; ip link set eth1 up; ip link set eth0 up
		ip addr add 10.0.0.1/24 dev eth0; ip route add default via 10.0.0.9
		ip neigh add 10.0.0.9 lladdr 02:00:00:00:00:09 dev eth0 nud permanent`)
	dials := func() bool {
		table, err := os.ReadFile("/proc/self/net/tcp")
		require.NoError(t, err)
		return strings.Contains(string(table), ":01BB 02 ") // port 443, SYN_SENT
	}
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer silent.Close()
	accepts := func() bool {
		_, err := silent.Accept()
		return err == nil
	}
	for url, waiting := range map[string]func() bool{
		"turn:10.0.0.9:443?transport=tcp":                    dials,
		"turns:10.0.0.9:443?transport=tcp":                   dials,
		"turn:10.0.0.9:443?transport=udp":                    nil,
		"turns:10.0.0.9:443?transport=udp":                   nil,
		"turn:" + silent.Addr().String() + "?transport=tcp":  accepts,
		"turns:" + silent.Addr().String() + "?transport=tcp": accepts,
		"stun:10.0.0.9": nil,
	} {
		t.Run(url, func(t *testing.T) {
			described := make(chan struct{}, 1)
			peer := rtc.New(rtc.Options{
				Offer:      true,
				ICEServers: []rtc.ICEServer{{URLs: []string{url}, Username: "ada", Credential: "secret"}},
				Signal: func(_ context.Context, typ string, _ []byte) error {
					if typ == "OFFER" {
						described <- struct{}{}
					}
					return nil
				},
			})
			peer.Start()
			_, err := peer.PeerConnection()
			require.NoError(t, err)
			<-described
			if waiting != nil {
				require.Eventually(t, waiting, 2*time.Minute, time.Millisecond)
			}
			begun := time.Now()
			require.NoError(t, peer.Close())
			require.Less(t, time.Since(begun), 6*time.Second) // the dial takes 8, and Close must not wait for it
		})
	}
}

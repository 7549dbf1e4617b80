package signaling_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/sdk/internal/badrelay"
	"github.com/sebas642/intercessor/sdk/internal/netns"
	"github.com/sebas642/intercessor/sdk/internal/signaling"
	"github.com/sebas642/intercessor/sdk/sdktest"
)

// A session whose address is taken from this machine notices it and resumes from another one.
func TestAddressThatIsGone(t *testing.T) {
	if !netns.Isolated(t) {
		return
	}
	netns.Run(t, `ip link add eth0 type veth peer name eth1; ip link set eth1 up; ip link set eth0 up
		ip addr add 10.0.0.1/24 dev eth0; ip addr add 10.0.0.2/24 dev eth0; ip addr add 10.0.0.3/24 dev eth0`)
	listener, err := net.Listen("tcp", "10.0.0.1:0")
	require.NoError(t, err)
	relay := &httptest.Server{Listener: listener, Config: &http.Server{Handler: badrelay.New(t.Context())}}
	relay.Start()
	defer relay.Close()

	var from atomic.Value
	from.Store("10.0.0.2")
	transport := &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from.Load().(string))}, Timeout: time.Minute}
		return dialer.DialContext(ctx, network, address)
	}}
	options := &signaling.Options{PlatformOptions: signaling.PlatformOptions{HTTPClient: &http.Client{Transport: transport}}}
	s, err := sdktest.Dial(within(t), "ws://"+listener.Addr().String()+"/v1-echo/client/other", options)
	require.NoError(t, err)
	defer s.Close()

	from.Store("10.0.0.3")
	netns.Run(t, "ip addr del 10.0.0.2/24 dev eth0")
	for {
		e := receive(t, s)
		if e.Kind == signaling.Lost {
			require.EqualError(t, e.Err, "the connection to the relay was given up: the network has changed")
			break
		}
	}
	require.Equal(t, signaling.Connected, receive(t, s).Kind)
}

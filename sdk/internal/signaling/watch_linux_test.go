package signaling_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/sdk/internal/badrelay"
	"github.com/sebas642/intercessor/sdk/internal/netns"
	"github.com/sebas642/intercessor/sdk/internal/signaling"
)

// A session whose address is taken from this machine notices it and resumes from another one, even
// if that happened before it was served.
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
	transport := &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from.Load().(string))}, Timeout: time.Minute}
		return dialer.DialContext(ctx, network, address)
	}}
	options := &signaling.Options{PlatformOptions: signaling.PlatformOptions{HTTPClient: &http.Client{Transport: transport}}}
	for _, served := range []bool{true, false} {
		from.Store("10.0.0.2")
		s, err := signaling.Open(within(t), "ws://"+listener.Addr().String()+"/v1-echo/client/other", options)
		require.NoError(t, err)
		events := make(chan signaling.Event, 10)
		var serving sync.WaitGroup
		serve := func() {
			serving.Go(func() { _ = s.Serve(func(e signaling.Event) { events <- e }, signaling.Spare{}) })
		}
		if served {
			serve()
		}
		from.Store("10.0.0.3")
		netns.Run(t, "ip addr del 10.0.0.2/24 dev eth0")
		if !served {
			serve()
		}
		for _, kind := range []signaling.Kind{signaling.Lost, signaling.Connected} {
			for e := (signaling.Event{}); e.Kind != kind; {
				select {
				case e = <-events:
				case <-within(t).Done():
					t.Fatalf("%v does not come, served %v", kind, served)
				}
				if e.Kind == signaling.Lost {
					require.EqualError(t, e.Err, "the connection to the relay was given up: the network has changed", "served %v", served)
				}
			}
		}
		s.Close(context.Background())
		serving.Wait()
		netns.Run(t, "ip addr add 10.0.0.2/24 dev eth0")
	}
}

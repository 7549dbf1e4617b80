package clusterproof

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/sdk"
)

// dialWithin is how long a peer waits for a node that does not take its connection.
const dialWithin = 2 * time.Second

// options are those of a peer with an address of its own. Each of its connections goes to the next
// node, or to another one if that takes none, as through a load balancer.
func (w *world) options(first int) *sdk.Options {
	n := w.peers.Add(1)
	own := &net.TCPAddr{IP: net.ParseIP(fmt.Sprintf("%s.%d.%d", w.net, 128+n/250, 1+n%250))}
	var next atomic.Int64
	next.Store(int64(first))
	dial := func(ctx context.Context, _, _ string) (conn net.Conn, err error) {
		for range w.nodes {
			to := w.nodes[int(next.Add(1)-1)%len(w.nodes)].door()
			if conn, err = (&net.Dialer{LocalAddr: own, Timeout: dialWithin}).DialContext(ctx, "tcp", to); err == nil {
				return conn, nil
			}
		}
		return nil, err
	}
	transport := &http.Transport{DialContext: dial, DisableKeepAlives: true}
	return &sdk.Options{HTTPClient: &http.Client{Transport: transport}, Paths: sdk.PathsRelay}
}

// final returns the final code that the relay gave, 0 if it gave none.
func final(err error) protocol.Code {
	var relay *sdk.RelayError
	if errors.As(err, &relay) && relay.Code >= 4000 && !relay.Code.Retry() {
		return relay.Code
	}
	return 0
}

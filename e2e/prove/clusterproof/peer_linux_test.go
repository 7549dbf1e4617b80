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

// A census counts connections, and the peers that they belong to.
type census struct{ spell, peers, connections atomic.Int64 }

// restart returns the counts, and begins anew.
func (c *census) restart() (peers, connections int64) {
	c.spell.Add(1)
	return c.peers.Swap(0), c.connections.Swap(0)
}

// count counts a connection of a peer, of which last says when it was counted before.
func (c *census) count(last *atomic.Int64) {
	c.connections.Add(1)
	if now := c.spell.Load(); last.Swap(now) != now {
		c.peers.Add(1)
	}
}

// options are those of a peer with an address of its own. Each of its connections goes to the next
// door, or to another one if that takes none, as through a load balancer.
func (w *world) options(first int) *sdk.Options {
	n := w.peers.Add(1)
	own := &net.TCPAddr{IP: net.ParseIP(fmt.Sprintf("%s.%d.%d", w.net, 128+n/250, 1+n%250))}
	var next, counted atomic.Int64
	counted.Store(-1)
	next.Store(int64(first))
	dial := func(ctx context.Context, _, _ string) (conn net.Conn, err error) {
		w.census.count(&counted)
		for range w.doors {
			to := w.open(w.doors[int(next.Add(1)-1)%len(w.doors)])
			if conn, err = (&net.Dialer{LocalAddr: own, Timeout: dialWithin}).DialContext(ctx, "tcp", to); err == nil {
				return unwatched{conn}, nil
			}
		}
		return nil, err
	}
	transport := &http.Transport{DialContext: dial, DisableKeepAlives: true}
	return &sdk.Options{HTTPClient: &http.Client{Transport: transport}, Paths: sdk.PathsRelay}
}

// unwatched hides an address that no interface has: the SDK would take it for one that this machine
// has lost, and give the connection up.
type unwatched struct{ net.Conn }

func (unwatched) LocalAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }

// final returns the final code that the relay gave, 0 if it gave none.
func final(err error) protocol.Code {
	var relay *sdk.RelayError
	if errors.As(err, &relay) && relay.Code >= 4000 && !relay.Code.Retry() {
		return relay.Code
	}
	return 0
}

package cluster_test

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/rawpeer"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/sdk"
)

// A flood asks one node for rooms that do not exist, each time from another source, as fast as it
// can.
type flood struct {
	asked atomic.Int64
	mu    sync.Mutex
	codes map[protocol.Code]int
	stop  chan struct{}
	hands sync.WaitGroup
}

func newFlood(address string, hands int) *flood {
	f := &flood{codes: make(map[protocol.Code]int), stop: make(chan struct{})}
	for range hands {
		f.hands.Go(func() {
			for {
				select {
				case <-f.stop:
					return
				default:
				}
				n := f.asked.Add(1)
				code := guess(address, fmt.Sprintf("/client/00000000-0000-4000-8000-%012x", n), fmt.Sprintf("10.%d.%d.%d", n>>16&255, n>>8&255, n&255))
				f.mu.Lock()
				f.codes[code]++
				f.mu.Unlock()
			}
		})
	}
	return f
}

// end stops the flood. It returns how many had which code; 0 are those that had none.
func (f *flood) end() map[protocol.Code]int {
	close(f.stop)
	f.hands.Wait()
	return f.codes
}

// hangUpAfter is how long a guess waits for its answer, which may be late on purpose (B53).
const hangUpAfter = 100 * time.Millisecond

// guess asks for a room and returns the code of the close, 0 if there was none.
func guess(address, path, source string) protocol.Code {
	conn, err := net.DialTimeout("tcp", address, patience.Max)
	if err != nil {
		return 0
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(hangUpAfter))
	if _, err = io.WriteString(conn, rawpeer.Handshake(path, "X-Forwarded-For: "+source)); err != nil {
		return 0
	}
	var all []byte
	buffer := make([]byte, 1024)
	for {
		n, err := conn.Read(buffer)
		all = append(all, buffer[:n]...)
		if _, frame, _ := strings.Cut(string(all), "\r\n\r\n"); len(frame) >= 4 && frame[0] == 0x88 {
			return protocol.Code(binary.BigEndian.Uint16([]byte(frame[2:4])))
		}
		if err != nil {
			return 0
		}
	}
}

// A series is the times of equal things, and how many times peers had to come again.
type series struct {
	took  []time.Duration
	again map[protocol.Code]int
}

// enter connects a peer, which comes again after codes that may be retried. Others are false.
func (s *series) enter(t *testing.T, address, path string, headers ...string) (*rawpeer.Peer, rawpeer.Hello) {
	t.Helper()
	for begin := time.Now(); ; {
		p, h, code := rawpeer.Greet(t, address, path, headers...)
		if code == 0 {
			s.took = append(s.took, time.Since(begin))
			return p, h
		}
		_ = p.Conn.Close()
		require.True(t, code.Retry(), "%s is closed with %d", path, code)
		if s.again == nil {
			s.again = make(map[protocol.Code]int)
		}
		s.again[code]++
		select {
		case <-time.After(50 * time.Millisecond):
		case <-t.Context().Done():
		}
	}
}

func (s *series) String() string {
	slices.Sort(s.took)
	return fmt.Sprintf("%d, p50 %v, most %v, come again %v", len(s.took), s.took[len(s.took)/2].Round(time.Millisecond), s.took[len(s.took)-1].Round(time.Millisecond), s.again)
}

// TestAFloodOfWrongIDs at one node, each from a source that has not asked before: a peer that looks for a room
// that exists elsewhere gets in, clients that return and new servers also, and nothing final is false.
func TestAFloodOfWrongIDs(t *testing.T) {
	f, desks, etcd := operatedAs(t, relayproc.Build(t, "relayd"), 3)
	etcd.Delete("intercessor/young") // it is not new
	home, edge := f.relays[0], f.relays[1]
	server, err := sdk.Listen(patience.Context(t), home.WS+"/server", nil)
	require.NoError(t, err)
	defer func() { _ = server.Close() }()
	room := "/client/" + string(server.ID())
	returning, hello, code := rawpeer.Greet(t, edge.Addr, room, rawpeer.V1)
	require.Zero(t, code)
	attempt := 1
	for turn := range 2 {
		for _, flooded := range []bool{false, true} {
			var storm *flood
			lookups := desks[1].metric("relayd_cluster_lookup_seconds_count")
			failures := desks[1].metric(`relayd_cluster_etcd_failures_total{request="lookup"}`)
			if flooded {
				storm = newFlood(edge.Addr, 400)
				require.Eventually(t, func() bool { return storm.asked.Load() > 600 }, patience.Max, time.Millisecond)
			}
			var newcomer, back, claim series
			begin := time.Now()
			for time.Since(begin) < 5*time.Second {
				p, _ := newcomer.enter(t, edge.Addr, room, rawpeer.V1, fmt.Sprintf("X-Forwarded-For: 192.0.2.%d", attempt%250))
				_ = p.Conn.Close()
				_ = returning.Conn.Close()
				attempt++
				returning, hello = back.enter(t, edge.Addr, room, rawpeer.Again(attempt, hello.Resume), fmt.Sprintf("X-Forwarded-For: 198.51.100.%d", attempt%250))
				p, _ = claim.enter(t, edge.Addr, "/server", rawpeer.V1, fmt.Sprintf("X-Forwarded-For: 203.0.113.%d", attempt%250))
				p.Write(rawpeer.CloseFrame(1000))
				p.Drain()
			}
			took := time.Since(begin)
			var codes map[protocol.Code]int
			rate := 0.0
			if flooded {
				rate = float64(storm.asked.Load()) / took.Seconds()
				codes = storm.end()
				require.NotZero(t, codes[protocol.CodeNoSuchServer])
			}
			t.Logf("turn %d, %.0f wrong IDs a second %v: %.0f lookups, of which %.0f failed\nnewcomer: %v\nreturning: %v\nnew server: %v", turn, rate, codes,
				desks[1].metric("relayd_cluster_lookup_seconds_count")-lookups, desks[1].metric(`relayd_cluster_etcd_failures_total{request="lookup"}`)-failures, &newcomer, &back, &claim)
			require.Empty(t, back.again, "clients that return do not wait for strangers")
		}
	}
}

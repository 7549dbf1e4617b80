package metrics_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/cluster"
	"github.com/sebas642/intercessor/relayd/metrics"
	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/sebas642/intercessor/relayd/turn"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds every wait of a test for what should come at once. It only ends what hangs:
// a machine may be busy for a while, and a test that passes never waits for it.
const patience = 2 * time.Minute

// watched is a relay with metrics, behind a real listener.
func watched(t *testing.T) (m *metrics.Metrics, r *relay.Relay, url string) {
	m = metrics.New("the version")
	r = relay.New(relay.Config{Watch: m.Watch()})
	m.Follow(r.Stats)
	m.FollowLog(func() uint64 { return 7 })
	m.FollowCertificates(func() time.Time { return time.Unix(12345, 0) }, func() uint64 { return 3 })
	turning, err := turn.New(turn.Config{Keys: []turn.Key{{Name: "k", Secret: []byte("s")}}, Peers: noPeers{}})
	require.NoError(t, err)
	m.FollowTURN(turning.Stats)
	m.FollowCluster(func() cluster.Stats {
		return cluster.Stats{Sure: true, Nodes: 3, Forwards: 4, Forwarded: 50, Received: 60, TakenOver: 7, GivenUp: 8, Claims: map[string]uint64{"changed": 9}, Failures: map[string]uint64{"lookup": 10}}
	})
	served := httptest.NewServer(r)
	t.Cleanup(func() {
		turning.Close()
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		_ = r.Shutdown(ctx)
		served.Close()
	})
	return m, r, served.URL
}

// noPeers is a relay that is empty.
type noPeers struct{}

func (noPeers) Find(protocol.ID, protocol.ID) turn.Peer { return nil }

// scrape gives what Prometheus gets.
func scrape(t *testing.T, m *metrics.Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	require.Equal(t, http.StatusOK, w.Code)
	return w.Body.String()
}

func dial(t *testing.T, url string, header http.Header) *websocket.Conn {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c, _, err := websocket.Dial(ctx, url, &websocket.DialOptions{HTTPHeader: header})
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.CloseNow() })
	return c
}

func write(t *testing.T, c *websocket.Conn, text string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	require.NoError(t, c.Write(ctx, websocket.MessageText, []byte(text)))
}

func read(t *testing.T, c *websocket.Conn) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_, text, err := c.Read(ctx)
	require.NoError(t, err)
	return string(text)
}

var helloID = regexp.MustCompile(`"id":"([^"]+)"`)

// TestFiguresAreThoseOfTheRelay, by what real peers do.
func TestFiguresAreThoseOfTheRelay(t *testing.T) {
	m, r, url := watched(t)
	server := dial(t, url+"/server", nil)
	id := helloID.FindStringSubmatch(read(t, server))[1]
	client := dial(t, url+"/client/"+id, nil)
	read(t, client)
	read(t, server)
	write(t, client, fmt.Sprintf(`{"to":%q,"type":"x","message":1}`, id))
	read(t, server)
	write(t, client, `{"to":"nobody","type":"x","message":1}`)
	write(t, client, `{"nonsense":1}`)
	response, err := http.Get(url + "/server")
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	http.DefaultClient.CloseIdleConnections()
	require.Eventually(t, func() bool { return r.Stats().Sessions == 1 }, patience, time.Millisecond)

	text := scrape(t, m)
	for _, line := range []string{
		`relayd_peers{role="server"} 1`,
		`relayd_peers{role="client"} 0`,
		`relayd_peers_away 0`,
		`relayd_rooms 1`,
		`relayd_joins_total{role="client"} 1`,
		`relayd_resumes_total{role="server"} 0`,
		`relayd_messages_total{direction="in"} 3`,
		`relayd_messages_total{direction="out"} 1`,
		`relayd_drops_total{reason="absent"} 1`,
		`relayd_drops_total{reason="server-slow"} 0`,
		`relayd_closes_total{code="4512",reason="missing field"} 1`,
		`relayd_refusals_total{reason="handshake"} 1`,
		`relayd_outbox_bytes 0`,
		`relayd_incoming_bytes 0`,
		`relayd_outboxes{depth="0"} 1`,
		`relayd_handshake_seconds_count 2`,
		`relayd_relay_seconds_count 1`,
		`relayd_certificate_expiry_timestamp_seconds 12345`,
		`relayd_certificate_failures_total 3`,
		`relayd_log_dropped_lines_total 7`,
		`relayd_turn_allocations 0`,
		`relayd_turn_drops_total{reason="no_permission"} 0`,
		`relayd_turn_refusals_total{code="486"} 0`,
	} {
		require.Contains(t, text, "\n"+line+"\n")
	}
	require.Regexp(t, `relayd_build_info\{go="go1[^"]*",version="the version"\} 1`, text)
	require.Contains(t, text, "\ngo_goroutines ")
}

func series(text string) (n int) {
	for line := range strings.Lines(text) {
		if line != "\n" && !strings.HasPrefix(line, "#") {
			n++
		}
	}
	return n
}

// TestNoPeerMakesASeries: whatever peers send where an ID, a path, a header or a code
// belongs, the series are the same, and few (docs/threats.md, 49).
func TestNoPeerMakesASeries(t *testing.T) {
	m, r, url := watched(t)
	before := series(scrape(t, m))
	require.Less(t, before, 500)
	for i := range 600 {
		word := fmt.Sprintf("canary%d", i)
		header := http.Header{"User-Agent": {word}, "X-Forwarded-For": {word}, "Sec-Websocket-Protocol": {word}}
		var c *websocket.Conn
		switch i % 4 {
		case 0: // any path
			response, err := http.Get(url + "/" + word)
			require.NoError(t, err)
			require.NoError(t, response.Body.Close())
			continue
		case 1: // any room
			c = dial(t, url+"/client/"+word, header)
		case 2: // any origin
			request, err := http.NewRequest(http.MethodGet, url+"/server", nil)
			require.NoError(t, err)
			request.Header = http.Header{"Origin": {"http://" + word + ".example"}, "Connection": {"Upgrade"}, "Upgrade": {"websocket"}}
			response, err := http.DefaultClient.Do(request)
			require.NoError(t, err)
			require.NoError(t, response.Body.Close())
			continue
		case 3: // any type, receiver and code
			c = dial(t, url+"/server", header)
			write(t, c, fmt.Sprintf(`{"to":%q,"type":%q,"message":%q}`, word, word, word))
			_ = c.Close(websocket.StatusCode(3000+i), word)
		}
		_ = c.CloseNow()
	}
	http.DefaultClient.CloseIdleConnections()
	require.Eventually(t, func() bool { return r.Stats().Sessions == 0 }, patience, time.Millisecond)
	text := scrape(t, m)
	require.Equal(t, before, series(text))
	require.NotContains(t, text, "canary")
}

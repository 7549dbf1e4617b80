package cluster_test

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/chromium"
	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/relayd/cluster/etcdtest"
	"github.com/sebas642/intercessor/relayd/resume"
	"github.com/sebas642/intercessor/sdk"
)

const adminToken = "0123456789abcdef0123456789abcdef"

var admin = regexp.MustCompile(`"admin":"(127\.0\.0\.1:\d+)"`)

// A desk is the admin listener of a node.
type desk struct {
	t       *testing.T
	address string
}

func (d desk) ask(method, path string, into any) (status int) {
	d.t.Helper()
	request, err := http.NewRequestWithContext(patience.Context(d.t), method, "http://"+d.address+path, nil)
	require.NoError(d.t, err)
	request.Header.Set("Authorization", "Bearer "+adminToken)
	response, err := http.DefaultClient.Do(request)
	require.NoError(d.t, err)
	defer func() { _ = response.Body.Close() }()
	require.NoError(d.t, json.NewDecoder(response.Body).Decode(into))
	return response.StatusCode
}

type listed struct {
	Error string
	Total int
	Rooms []struct {
		Node, Room, Server string
		Clients            int
	}
	Peers []struct{ Peer, Role string }
	Nodes []struct {
		Name, State  string
		Rooms, Peers int
		Forwards     int
		Version      string
	}
}

// operated starts nodes with admin listeners.
func operated(t *testing.T, size int) (*fleet, []desk, *etcdtest.Member) {
	t.Helper()
	return operatedAs(t, relayproc.Build(t, "relayd", "-race"), size)
}

// operatedAs is operated for a build of relayd and with more arguments.
func operatedAs(t *testing.T, binary string, size int, more ...string) (*fleet, []desk, *etcdtest.Member) {
	t.Helper()
	etcd, folder := etcdtest.Start(t), t.TempDir()
	_, key, _, err := resume.KeepKey(folder)
	require.NoError(t, err)
	_, secret, _, err := resume.KeepKey(filepath.Join(folder, "cluster"))
	require.NoError(t, err)
	token := filepath.Join(folder, "token")
	require.NoError(t, os.WriteFile(token, []byte(adminToken+"\n"), 0o600))
	f, desks := new(fleet), []desk(nil)
	for i := range size {
		r := relayproc.StartBinary(t, binary, append(more, "--key-file", key, "--drain", "2s", "--admin-listen", "127.0.0.1:0", "--admin-token-file", token,
			"--proxy-trusted", "127.0.0.1", "--proxy-protocol", "x-forwarded-for",
			"--cluster-name", string(rune('a'+i)), "--cluster-listen", "127.0.0.1:0",
			"--cluster-secret-file", secret, "--cluster-etcd", etcd.Endpoint())...)
		r.WaitLog(admin.String())
		at := admin.FindStringSubmatch(r.Logs())[1]
		f.relays, desks = append(f.relays, r), append(desks, desk{t, at})
	}
	return f, desks, etcd
}

// from returns options with the address that a proxy has seen.
func (f *fleet) from(address string) *sdk.Options {
	options := f.options()
	options.HTTPClient.Transport = forwarded{options.HTTPClient.Transport, address}
	return options
}

type forwarded struct {
	http.RoundTripper
	address string
}

func (f forwarded) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("X-Forwarded-For", f.address)
	return f.RoundTripper.RoundTrip(r)
}

// TestOperateFromAnyNode: another node lists a room, and kicks a client, which then stays out also
// where the room goes; it names the nodes that there are.
func TestOperateFromAnyNode(t *testing.T) {
	f, desks, _ := operated(t, 3)
	listener, err := sdk.Listen(patience.Context(t), "ws://relay/server", f.from("192.0.2.1"))
	require.NoError(t, err)
	defer func() { _ = listener.Close() }()
	bad, err := sdk.Dial(patience.Context(t), listener.ClientURL(), f.from("192.0.2.2"))
	require.NoError(t, err)
	defer func() { _ = bad.Close() }()
	_, err = listener.Accept(patience.Context(t))
	require.NoError(t, err)

	var rooms, peers, kicked, nodes listed
	require.Eventually(t, func() bool { // a node learns of others that start within seconds
		rooms = listed{}
		for i := range desks {
			var all listed
			if desks[i].ask("GET", "/api/rooms", &all); all.Total != 1 {
				return false
			}
			rooms = all
		}
		return true
	}, patience.Max, 100*time.Millisecond)
	room := rooms.Rooms[0]
	require.Equal(t, 1, room.Clients)
	home := int(room.Node[0] - 'a')
	other := desks[(home+1)%3]

	require.Equal(t, http.StatusOK, other.ask("GET", "/api/rooms/"+room.Room, &peers))
	require.Len(t, peers.Peers, 2)
	client := peers.Peers[0]
	if client.Role == "server" {
		client = peers.Peers[1]
	}
	require.Equal(t, http.StatusNotFound, other.ask("POST", "/api/peers/00000000/kick", &kicked))
	require.Contains(t, kicked.Error, "is not here")
	require.Equal(t, http.StatusConflict, other.ask("POST", "/api/peers/"+room.Room+"/kick", &kicked))
	require.Equal(t, http.StatusOK, other.ask("POST", "/api/peers/"+client.Peer+"/kick?by=source", &kicked), kicked.Error)
	_, err = bad.Receive(patience.Context(t))
	require.ErrorIs(t, err, sdk.ErrKicked)

	require.Equal(t, http.StatusOK, other.ask("GET", "/api/nodes", &nodes))
	require.Len(t, nodes.Nodes, 3)
	for i, n := range nodes.Nodes {
		require.Equal(t, string(rune('a'+i)), n.Name)
		require.Equal(t, "alive", n.State)
		require.NotEmpty(t, n.Version)
	}

	f.relays[home].Kill()
	var moved listed
	require.Eventually(t, func() bool {
		moved = listed{}
		other.ask("GET", "/api/rooms", &moved)
		return moved.Total == 1 && moved.Rooms[0].Server == "here"
	}, patience.Max, 100*time.Millisecond)
	require.NotEqual(t, room.Node, moved.Rooms[0].Node)
	require.Equal(t, room.Room, moved.Rooms[0].Room, "a room has the same name at each node")
	for range desks { // whichever node it comes to
		_, err = sdk.Dial(patience.Context(t), listener.ClientURL(), f.from("192.0.2.2"))
		require.Error(t, err, "the source is kept out at the new home")
	}
	good, err := sdk.Dial(patience.Context(t), listener.ClientURL(), f.from("192.0.2.3"))
	require.NoError(t, err)
	_ = good.Close()

	closer := desks[(home+2)%3]
	require.Equal(t, http.StatusOK, closer.ask("POST", "/api/rooms/"+room.Room+"/close", &moved), moved.Error)
	_, err = listener.Accept(patience.Context(t))
	require.ErrorIs(t, err, sdk.ErrKicked)
}

// TestTheOperatorSeesAllNodes: on the status page of one node, and in its metrics.
func TestTheOperatorSeesAllNodes(t *testing.T) {
	f, desks, _ := operated(t, 3)
	server, client := f.meet(t)
	p := chromium.Start(t).Open("http://"+desks[0].address+"/", "401") // which the page's first look is answered with
	p.WaitText("#state", "enter the token")
	p.Type("#token", adminToken)
	p.Click("#ask button")
	const cells = `[...document.querySelectorAll("#nodes tbody tr")].map((r) => [...r.cells].slice(0, 2).map((c) => c.textContent).join(" ")).join()`
	p.WaitFor("three nodes", cells+` === "a alive,b alive,c alive"`)
	p.WaitFor("one room", `[...document.querySelectorAll("#nodes tbody tr")].reduce((n, r) => n + Number(r.cells[3].textContent), 0) === 1`)
	p.SetViewport(390, 844, "dark")
	p.WaitFor("a page as wide as a phone", `document.documentElement.scrollWidth <= innerWidth`)
	p.Shot("nodes-phone")
	require.Equal(t, 1.0, desks[0].metric("relayd_cluster_sure"))
	require.Equal(t, 3.0, desks[0].metric("relayd_cluster_nodes"))

	var before, after, claims float64
	for _, d := range desks {
		before += d.metric("relayd_cluster_takeovers_total")
		claims += d.metric(`relayd_cluster_claims_total{result="committed"}`)
	}
	require.Zero(t, before)
	require.Positive(t, claims)
	home := 0
	for i, d := range desks {
		if d.metric("relayd_rooms") == 1 {
			home = i
		}
	}
	require.NoError(t, f.relays[home].Drain())
	_, err := client.Send(patience.Context(t), sdk.Message{Type: "after"})
	require.NoError(t, err)
	_, err = server.Receive(patience.Context(t))
	require.NoError(t, err)
	for i, d := range desks {
		if i != home {
			after += d.metric("relayd_cluster_takeovers_total")
		}
	}
	require.Equal(t, 1.0, after)
}

// metric returns the value of one series.
func (d desk) metric(series string) float64 {
	d.t.Helper()
	request, err := http.NewRequestWithContext(patience.Context(d.t), "GET", "http://"+d.address+"/metrics", nil)
	require.NoError(d.t, err)
	request.Header.Set("Authorization", "Bearer "+adminToken)
	response, err := http.DefaultClient.Do(request)
	require.NoError(d.t, err)
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	require.NoError(d.t, err)
	_, after, found := strings.Cut(string(text), "\n"+series+" ")
	require.True(d.t, found, series)
	value, _, _ := strings.Cut(after, "\n")
	number, err := strconv.ParseFloat(value, 64)
	require.NoError(d.t, err)
	return number
}

// TestALossOfEtcdIsSeen in a metric and, once each way, in the log. Rooms go on.
func TestALossOfEtcdIsSeen(t *testing.T) {
	f, desks, etcd := operated(t, 2)
	server, client := f.meet(t)
	sure := func(want float64) {
		t.Helper()
		require.Eventually(t, func() bool { return desks[0].metric("relayd_cluster_sure") == want }, patience.Max, 100*time.Millisecond)
	}
	sure(1)
	etcd.Kill()
	sure(0)
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		var all listed
		require.Equal(c, http.StatusOK, desks[0].ask("GET", "/api/nodes", &all))
		require.Len(c, all.Nodes, 2)
		for _, n := range all.Nodes {
			require.Equal(c, "unsure", n.State, n.Name)
		}
	}, patience.Max, 100*time.Millisecond, "no node can read that the other has no marks")
	_, err := client.Send(patience.Context(t), sdk.Message{Type: "alone"})
	require.NoError(t, err)
	_, err = server.Receive(patience.Context(t))
	require.NoError(t, err)
	etcd.Start()
	sure(1)
	f.relays[0].WaitLog("etcd answers again|marks in etcd were lost and are put again")
	require.Equal(t, 1, strings.Count(f.relays[0].Logs(), "etcd does not answer: the rooms here go on"))
}

package clusterproof

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/prove/form"
	"github.com/sebas642/intercessor/e2e/rawpeer"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/cluster/forward"
	"github.com/sebas642/intercessor/relayd/cluster/home"
	"github.com/sebas642/intercessor/relayd/resume"
)

// links makes this test one of the nodes, as far as they speak with each other.
func (w *world) links() *forward.Node {
	w.t.Helper()
	key, err := resume.ReadKey(w.files.secret)
	require.NoError(w.t, err)
	trust, err := forward.OpenTLS(w.files.cert, w.files.key, w.files.cert, []string{member})
	require.NoError(w.t, err)
	n, err := forward.New(forward.Config{
		Self: home.Instance{Name: "test", Number: 1}, Key: key, TLS: trust, Handle: func(context.Context, *forward.Incoming) {},
	})
	require.NoError(w.t, err)
	w.t.Cleanup(n.Close)
	return n
}

// peer returns a node as the others know it.
func (n *node) peer(links *forward.Node) forward.Peer {
	t := n.world.t
	t.Helper()
	at := forward.Peer{Instance: home.Instance{Name: n.name, Number: 1}, Address: n.host + ":8001"}
	require.True(t, form.Within(form.Patience(), func() bool {
		reply, _ := links.Ask(patience.Context(t), at, &forward.Handover{Kind: forward.Who})
		at.Instance = reply.From
		return at.Instance != home.Instance{}
	}))
	return at
}

// TestN7OneHop: a node that another one hands a peer over to does not hand it over again, but says
// that the room is not there.
func TestN7OneHop(t *testing.T) {
	t.Parallel()
	w := newWorld(t, relayproc.Small(t), nil)
	a, b := w.nodes[0], w.nodes[1]
	server, _ := join(t, a, "/server")
	join(t, b, "/client/"+server.ID)
	links := w.links()
	h := &forward.Handover{Kind: forward.Client, Room: protocol.ID(server.ID), Asked: protocol.ID(server.ID), Key: "dGhlIHNhbXBsZSBub25jZQ=="}
	hand := func(to forward.Peer) (err error) {
		require.True(t, form.Within(form.Patience(), func() bool {
			var link *forward.Link
			if link, err = links.Forward(patience.Context(t), to, h); err == nil {
				link.Close()
			}
			return err == nil || errors.Is(err, forward.ErrNotHere)
		}), "%v", err)
		return err
	}
	require.NoError(t, hand(a.peer(links)))
	require.ErrorIs(t, hand(b.peer(links)), forward.ErrNotHere)
}

// TestN7EndOfOneSide: the end of either side is passed on at once, and a close frame before it.
func TestN7EndOfOneSide(t *testing.T) {
	t.Parallel()
	w := newWorld(t, relayproc.Small(t), nil)
	a, b := w.nodes[0], w.nodes[1]
	server, _ := join(t, a, "/server")
	client, _ := join(t, b, "/client/"+server.ID)
	server.ExpectJoined(client)
	require.NoError(t, client.Conn.Close())
	server.ExpectGone(client)

	client, _ = join(t, b, "/client/"+server.ID)
	server.Write(rawpeer.CloseFrame(1000))
	closeCode(client)
	client.ExpectEnd()
}

// TestN7SourcesCountAtTheEdge: the node that a peer comes to counts its source, and its home does not.
func TestN7SourcesCountAtTheEdge(t *testing.T) {
	t.Parallel()
	w := newWorld(t, relayproc.Small(t), func(*node) []string { return []string{"--limits-source-connections", "3"} })
	a, b := w.nodes[0], w.nodes[1]
	server, _ := join(t, a, "/server") // the first at a
	path := "/client/" + server.ID
	for range 3 {
		join(t, b, path)
	}
	_, _, code := greet(t, b, path)
	require.Equal(t, protocol.CodeOverloaded, code, "a fourth one at its edge")
	for range 2 {
		_, _, code := greet(t, a, path)
		require.Zero(t, code, "the home counts what came to the edge")
	}
	_, _, code = greet(t, a, path)
	require.Equal(t, protocol.CodeOverloaded, code, "a fourth one at the home")
}

// TestN9KickIsKept: an operator kicks a client from any node. It stays out when its room has moved.
func TestN9KickIsKept(t *testing.T) {
	t.Parallel()
	const secret = "0123456789abcdef0123456789abcdef"
	token := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(token, []byte(secret), 0o600))
	w := newWorld(t, relayproc.Small(t), func(n *node) []string {
		return []string{"--admin-listen", n.host + ":9000", "--admin-token-file", token}
	})
	a, b, c := w.nodes[0], w.nodes[1], w.nodes[2]
	_, server := join(t, a, "/server", rawpeer.V1)
	client, h := join(t, b, "/client/"+server.ID, rawpeer.V1)
	var answer operated
	ask := func(method, path string) bool {
		answer = operated{}
		c.operate(method, path, secret, &answer)
		return answer.Error == ""
	}
	require.True(t, form.Within(form.Patience(), func() bool {
		return ask("GET", "/api/rooms") && len(answer.Rooms) == 1 && ask("GET", "/api/rooms/"+answer.Rooms[0].Room) && len(answer.Peers) == 2
	}))
	name := answer.Peers[0].Peer
	if answer.Peers[0].Role == "server" {
		name = answer.Peers[1].Peer
	}
	require.True(t, form.Within(form.Patience(), func() bool { return ask("POST", "/api/peers/"+name+"/kick") }))
	require.Equal(t, protocol.CodeKicked, closeCode(client))
	a.Kill()
	join(t, b, "/server", rawpeer.Again(2, server.Resume))
	for _, at := range []*node{b, c} {
		refuse(t, at, protocol.CodeKicked, "/client/"+server.ID, rawpeer.Again(2, h.Resume))
	}
}

// operated is what the admin API answers.
type operated struct {
	Error string
	Rooms []struct{ Room string }
	Peers []struct{ Peer, Role string }
}

// operate asks the admin API of a node.
func (n *node) operate(method, path, token string, into any) {
	t := n.world.t
	t.Helper()
	request, err := http.NewRequestWithContext(patience.Context(t), method, "http://"+n.host+":9000"+path, nil)
	require.NoError(t, err)
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	require.NoError(t, json.NewDecoder(response.Body).Decode(into))
}

// TestN10OrderOfTheServer: a client hears the order of its server's newest connection.
func TestN10OrderOfTheServer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, relayproc.Small(t), nil)
	a, b := w.nodes[0], w.nodes[1]
	_, server := join(t, a, "/server", rawpeer.V1)
	for attempt := uint64(7); attempt < 9; attempt++ {
		_, server = join(t, a, "/server", rawpeer.Again(int(attempt), server.Resume))
		_, h := join(t, b, "/client/"+server.ID, rawpeer.V1)
		require.Len(t, h.ServerOrder, 3)
		require.Equal(t, attempt, h.ServerOrder[1], "the attempt")
	}
}

package cluster_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/sebas642/intercessor/protocol"
	"github.com/stretchr/testify/require"
)

// credential is the entry with which a peer resumes.
func (p *peer) credential(attempt int) string {
	return fmt.Sprintf("%s%d.%s", protocol.ResumePrefix, attempt, p.hello.Resume)
}

// stay connects a peer until a final code, which it returns, and again after others. It returns 0 at the end
// of the test.
func (n *node) stay(t testing.TB, path string, subprotocols ...string) protocol.Code {
	for t.Context().Err() == nil {
		ws, _, err := websocket.Dial(t.Context(), "ws://"+n.address+path, &websocket.DialOptions{Subprotocols: subprotocols})
		for err == nil {
			_, _, err = ws.Read(t.Context())
		}
		if code := protocol.Code(websocket.CloseStatus(err)); isFinal(code) {
			return code
		}
	}
	return 0
}

// TestTwoServersOfOneIdentity come to two nodes at once, as they do when a token was copied: the
// one of the higher order lives, and the other learns that it is over.
func TestTwoServersOfOneIdentity(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3)
	a, b, c := w.nodes[0], w.nodes[1], w.nodes[2]
	first := a.v1(t, "/server")
	a.kill(t)
	var over sync.WaitGroup
	t.Cleanup(over.Wait)
	for attempt := 10; attempt < 20; attempt += 2 {
		codes := make(chan protocol.Code, 2)
		for i, n := range []*node{b, c} {
			over.Go(func() {
				if code := n.stay(t, "/server", protocol.SubprotocolV1, first.credential(attempt+i)); code != 0 {
					codes <- code
				}
			})
		}
		require.Equal(t, protocol.CodeReplaced, <-codes, "the lower one")
		b.base(t, "/client/"+first.id)
		c.base(t, "/client/"+first.id)
		select {
		case code := <-codes:
			require.Fail(t, "both have ended", "%d", code)
		default:
		}
	}
}

// TestClientWaits: a client with a token comes before its server, is let in to wait, and is sent
// to the server when that is back at another node.
func TestClientWaits(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3)
	a, b, c := w.nodes[0], w.nodes[1], w.nodes[2]
	server := a.v1(t, "/server")
	client := b.v1(t, "/client/"+server.id)
	a.kill(t)
	client.closed()

	client = b.enter(t, "/client/"+server.id, protocol.SubprotocolV1, client.credential(2))
	client.awaits(protocol.TypePeerAway)
	server = c.enter(t, "/server", protocol.SubprotocolV1, server.credential(2))
	require.Equal(t, protocol.CodeRenew, client.closed())

	client = b.enter(t, "/client/"+server.id, protocol.SubprotocolV1, client.credential(3))
	talk(server, client)
}

// TestDirectoryIsAway: rooms stay reachable from each node, and what cannot be known gets a code
// that may be tried again.
func TestDirectoryIsAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	a, b := w.nodes[0], w.nodes[1]
	server := a.v1(t, "/server")
	client := b.v1(t, "/client/"+server.id)
	w.etcd.Pause()
	talk(server, client)
	talk(server, b.v1(t, "/client/"+server.id))
	talk(server, a.v1(t, "/client/"+server.id))
	b.refuse(t, protocol.CodeServerAway, "/client/never-drawn")
	b.refuse(t, protocol.CodeOverloaded, "/server")

	leaves := a.v1(t, "/client/"+server.id)
	_ = server.Close(1000, "") // on a busy machine the answer may come too late for it
	require.Equal(t, protocol.CodeServerAway, leaves.closed(), "it is not certain that no other node can find the room")
	w.etcd.Resume()
	require.Eventually(t, func() bool {
		p, err := b.dial(t, "/server")
		return err == nil && websocket.CloseStatus(p.answer()) == -1
	}, patience, 100*time.Millisecond)
}

// answer reads HELLO, or why it did not come.
func (p *peer) answer() error {
	_, _, _, err := p.read()
	return err
}

// TestNothingFollowsTheHome: when the home ends, the node that forwards adds no byte of its own,
// which could fall into the middle of a frame.
func TestNothingFollowsTheHome(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	a, b := w.nodes[0], w.nodes[1]
	server := a.base(t, "/server")
	conn, err := net.Dial("tcp", b.address)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
	_, err = fmt.Fprintf(conn, "GET /client/%s HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", server.id)
	require.NoError(t, err)
	reader := bufio.NewReader(conn)
	answer, err := http.ReadResponse(reader, nil)
	require.NoError(t, err)
	require.Equal(t, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", answer.Header.Get("Sec-WebSocket-Accept"))
	hello := make([]byte, 2)
	_, err = io.ReadFull(reader, hello)
	require.NoError(t, err)
	_, err = io.CopyN(io.Discard, reader, int64(hello[1]))
	require.NoError(t, err)
	server.awaits(protocol.TypePeerJoined)
	a.kill(t)
	rest, _ := io.ReadAll(reader) // it may be a reset
	require.Empty(t, rest)
}

// TestTwoProcessesOfOneName: the second does not start while the first answers.
func TestTwoProcessesOfOneName(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	server := w.nodes[0].v1(t, "/server")
	second := exec.Command(os.Args[0])
	second.Env = w.environ("a")
	said, err := second.CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(said), "another process runs as the node a")

	w.nodes[0].kill(t)
	again := w.start("a")
	back := again.enter(t, "/server", protocol.SubprotocolV1, server.credential(1))
	talk(back, again.base(t, "/client/"+strings.ToUpper(server.id)))
}

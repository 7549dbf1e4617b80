package forward

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/sebas642/intercessor/relayd/cluster/home"
	"github.com/sebas642/intercessor/relayd/resume"
	"github.com/stretchr/testify/require"
)

// never is a Handle to which nothing may come.
func never(t *testing.T) func(context.Context, *Incoming) {
	return func(context.Context, *Incoming) { t.Error("something was handed over") }
}

func TestAnotherKey(t *testing.T) {
	each(t, func(t *testing.T, secure bool) {
		ca := newAuthority(t)
		a := Config{Self: home.Instance{Name: "north", Number: 1}, Key: resume.NewKey()}
		b := Config{Self: home.Instance{Name: "south", Number: 2}, Key: someKey, Handle: never(t)}
		if secure {
			a.TLS, b.TLS = ca.opens(ca.issue("north", time.Now().Add(day))), ca.opens(ca.issue("south", time.Now().Add(day)))
		}
		edge, at := listen(t, a), listen(t, b)
		_, err := edge.Forward(t.Context(), at.Peer, full())
		require.ErrorIs(t, err, ErrKey)
		require.ErrorContains(t, <-at.reports, "127.0.0.1")
	})
}

// raw connects to a node without a Node.
func (n *node) raw(t testing.TB) *net.TCPConn {
	t.Helper()
	conn, err := net.Dial("tcp", n.Address)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
	return conn.(*net.TCPConn)
}

// ends requires that the node ends a connection.
func ends(t testing.TB, conn net.Conn) {
	t.Helper()
	_, err := io.Copy(io.Discard, conn)
	var timeout net.Error
	require.False(t, errors.As(err, &timeout) && timeout.Timeout(), "it is still open")
}

// between passes bytes between an edge and a home, and returns what the edge sent.
func between(t *testing.T, to Peer) (at Peer, sent func() []byte) {
	t.Helper()
	below, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var all []byte
	var copying sync.WaitGroup
	t.Cleanup(copying.Wait)
	t.Cleanup(func() { _ = below.Close() })
	copying.Go(func() {
		near, err := below.Accept()
		if err != nil {
			return
		}
		defer func() { _ = near.Close() }()
		far, err := net.Dial("tcp", to.Address)
		if err != nil {
			t.Error(err)
			return
		}
		defer func() { _ = far.Close() }()
		copying.Go(func() {
			_, _ = io.Copy(near, far)
			_ = near.(*net.TCPConn).CloseWrite()
		})
		b := make([]byte, 64<<10)
		for {
			n, err := near.Read(b)
			all = append(all, b[:n]...)
			if _, fault := far.Write(b[:n]); err != nil || fault != nil {
				return
			}
		}
	})
	return Peer{to.Instance, below.Addr().String()}, func() []byte {
		copying.Wait()
		return all
	}
}

// TestRecordingIsOfNoUse: what one edge has sent is refused when it is sent again.
func TestRecordingIsOfNoUse(t *testing.T) {
	handed := 0
	edge, at := two(t, false, func(_ context.Context, in *Incoming) {
		handed++
		in.Answer(nil, nil)
	})
	through, sent := between(t, at.Peer)
	_, err := edge.Ask(t.Context(), through, full())
	require.NoError(t, err)
	conn := at.raw(t)
	_, err = conn.Write(sent())
	require.NoError(t, err)
	require.ErrorIs(t, <-at.reports, ErrKey)
	ends(t, conn)
	at.Close()
	require.Equal(t, 1, handed)
}

// TestNodeInTheMiddle: one that has a member's certificate, and not cluster.key, cannot pass on
// the proofs of two others.
func TestNodeInTheMiddle(t *testing.T) {
	ca := newAuthority(t)
	config := func(name string, number uint64) Config {
		return Config{Self: home.Instance{Name: name, Number: number}, Key: someKey, TLS: ca.opens(ca.issue(name, time.Now().Add(day))), Handle: never(t)}
	}
	edge, at := listen(t, config("north", 1)), listen(t, config("south", 2))
	stolen := ca.opens(ca.issue("south", time.Now().Add(day))).current.Load()
	below, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var copying sync.WaitGroup
	copying.Go(func() {
		near, err := below.Accept()
		if err != nil {
			t.Error(err)
			return
		}
		from, to := tls.Server(near, stolen.server), tls.Client(at.raw(t), stolen.client)
		copying.Go(func() {
			_, _ = io.Copy(from, to)
			_ = from.Close()
		})
		_, _ = io.Copy(to, from)
		_ = to.Close()
	})
	_, err = edge.Forward(t.Context(), Peer{at.Instance, below.Addr().String()}, full())
	require.ErrorIs(t, err, ErrKey)
	require.NoError(t, below.Close())
	copying.Wait()
}

// proven connects to a node as an edge of a version up to the Handover, and returns its proof.
func proven(t *testing.T, edge *node, at *node, version byte) (*net.TCPConn, []byte) {
	t.Helper()
	conn := at.raw(t)
	greeting := appendGreeting(magic)
	greeting[len(magic)] = version
	_, err := conn.Write(greeting)
	require.NoError(t, err)
	binding, _, err := bind(conn)
	require.NoError(t, err)
	reply, _, err := edge.readReply(conn, binding, greeting)
	require.NoError(t, err)
	return conn, edge.mac(edgeRole, binding, greeting, reply)
}

// TestAnnouncedLengths: memory is only reserved for what comes, and a part is not taken for the
// whole.
func TestAnnouncedLengths(t *testing.T) {
	edge, at := two(t, false, never(t))
	conn, proof := proven(t, edge, at, version)
	_, err := conn.Write(binary.BigEndian.AppendUint32(proof, maxHandover+1))
	require.NoError(t, err)
	require.ErrorContains(t, <-at.reports, "announces 196609 bytes")
	ends(t, conn)

	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 20 {
		conn, proof = proven(t, edge, at, version)
		_, err = conn.Write(append(binary.BigEndian.AppendUint32(proof, maxHandover), "little"...))
		require.NoError(t, err)
		require.NoError(t, conn.CloseWrite())
		require.ErrorIs(t, <-at.reports, io.ErrUnexpectedEOF)
		ends(t, conn)
	}
	runtime.ReadMemStats(&after)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(20*maxHandover/2))

	conn, proof = proven(t, edge, at, version)
	_, err = conn.Write(append(binary.BigEndian.AppendUint32(proof, 3), "odd"...))
	require.NoError(t, err)
	require.ErrorIs(t, <-at.reports, errHandover)
	ends(t, conn)
}

// TestStrangersDoNotDelay: more of them than may be in their handshakes send nothing, a part of a
// greeting, or rubbish. A node's connection is served, and all of theirs end.
func TestStrangersDoNotDelay(t *testing.T) {
	each(t, func(t *testing.T, secure bool) {
		edge, at := two(t, secure, func(_ context.Context, in *Incoming) { in.Answer(nil, nil) })
		var strangers []net.Conn
		for i := range mostShaking + 50 {
			conn := at.raw(t)
			_, _ = conn.Write([]byte{"\x00i\x16G"[i%4]}[:i%2])
			strangers = append(strangers, conn)
		}
		rubbish := at.raw(t)
		_, _ = rubbish.Write([]byte("GET / HTTP/1.1\r\nHost: relay.example\r\n\r\n" + string(make([]byte, 100))))
		_, err := edge.Ask(t.Context(), at.Peer, &Handover{Kind: Who})
		require.NoError(t, err)
		for _, conn := range append(strangers, rubbish) {
			ends(t, conn)
		}
		_, err = edge.Ask(t.Context(), at.Peer, &Handover{Kind: Who})
		require.NoError(t, err)
	})
}

// TestVersions: a node speaks with the version before and the one after.
func TestVersions(t *testing.T) {
	require.ErrorIs(t, checkVersion(oldest-1), ErrVersion)
	for _, other := range []byte{oldest, version, version + 1} {
		require.NoError(t, checkVersion(other))
	}
	edge, at := two(t, false, never(t))
	conn := at.raw(t)
	greeting := appendGreeting(magic)
	greeting[len(magic)] = 0
	_, err := conn.Write(greeting)
	require.NoError(t, err)
	_, _, err = edge.readReply(conn, make([]byte, 32), greeting)
	require.NoError(t, err, "the edge is told which version the home has")
	require.ErrorIs(t, <-at.reports, ErrVersion)
	ends(t, conn)
}

// TestAnswersOfVersion1: a node of the version before gets no answer that it does not know.
func TestAnswersOfVersion1(t *testing.T) {
	takes := make(chan bool, 1)
	edge, at := two(t, false, func(_ context.Context, in *Incoming) {
		takes <- in.CanRefuse()
		in.Answer(nil, nil)
	})
	encoded, err := (&Handover{Kind: Who, From: edge.Instance}).encode()
	require.NoError(t, err)
	for _, version := range []byte{1, 2} {
		conn, proof := proven(t, edge, at, version)
		_, err = conn.Write(append(binary.BigEndian.AppendUint32(proof, uint32(len(encoded))), encoded...))
		require.NoError(t, err)
		require.Equal(t, version == 2, <-takes)
		ends(t, conn)
	}
}

package forward

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sebas642/intercessor/relayd/cluster/home"
	"github.com/stretchr/testify/require"
)

// A meeting is an edge, a home, and what the home sees of the edge's connections.
type meeting struct {
	ca       *authority
	pairs    [2]pair
	edge, at *node
	seen     chan tls.ConnectionState
}

func meet(t *testing.T) *meeting {
	ca := newAuthority(t)
	m := &meeting{ca: ca, seen: make(chan tls.ConnectionState, 100)}
	m.pairs = [2]pair{ca.issue("north", time.Now().Add(day)), ca.issue("south", time.Now().Add(day))}
	m.edge = listen(t, Config{Self: home.Instance{Name: "north", Number: 1}, Key: someKey, TLS: ca.opens(m.pairs[0])})
	m.at = m.home(t, 2)
	return m
}

// home starts a run of the home.
func (m *meeting) home(t *testing.T, number uint64) *node {
	return listen(t, Config{
		Self: home.Instance{Name: "south", Number: number}, Key: someKey, TLS: m.ca.opens(m.pairs[1]),
		Handle: func(_ context.Context, in *Incoming) {
			m.seen <- in.conn.(*tls.Conn).ConnectionState()
			in.Answer(nil, nil)
		},
	})
}

// wants requires that a question is answered, and that its connection is a first one or a later one.
func (m *meeting) wants(t *testing.T, at *node, resumed bool) {
	t.Helper()
	reply, err := m.edge.Ask(t.Context(), at.Peer, full())
	require.NoError(t, err)
	require.Equal(t, at.Instance, reply.From)
	requireKind(t, <-m.seen, resumed)
}

// requireKind requires that a first connection has a key exchange that a quantum computer does not
// break, and that a later one goes without.
func requireKind(t *testing.T, state tls.ConnectionState, resumed bool) {
	t.Helper()
	require.Equal(t, resumed, state.DidResume)
	if resumed {
		require.Equal(t, tls.CurveP256, state.CurveID)
	} else {
		require.Equal(t, tls.X25519MLKEM768, state.CurveID)
	}
}

// TestSessionsAreResumed: the first connection to each home leaves a session to all later ones, also
// those at the same time, until one of the nodes has another CA.
func TestSessionsAreResumed(t *testing.T) {
	m := meet(t)
	other := m.home(t, 3)
	m.wants(t, m.at, false)
	m.wants(t, other, false)
	m.wants(t, m.at, true)
	m.wants(t, other, true)
	var asking sync.WaitGroup
	for range 20 {
		asking.Go(func() {
			if _, err := m.edge.Ask(t.Context(), m.at.Peer, full()); err != nil {
				t.Error(err)
			}
		})
	}
	asking.Wait()
	for range 20 {
		requireKind(t, <-m.seen, true)
	}

	m.ca.renew()
	m.ca.reissue(m.pairs[0], "north", time.Now().Add(day))
	m.ca.reissue(m.pairs[1], "south", time.Now().Add(day))
	require.NoError(t, m.at.config.TLS.Reload())
	_, err := m.edge.Ask(t.Context(), m.at.Peer, full())
	require.ErrorIs(t, err, ErrUntrusted, "only the home has the new CA")
	require.NoError(t, m.edge.config.TLS.Reload())
	m.edge.forget()
	m.wants(t, m.at, false)
	m.wants(t, m.at, true)
}

// TestSessionIsForgotten: a home that cannot resume a session is asked over a connection that is as
// good as the first one.
func TestSessionIsForgotten(t *testing.T) {
	m := meet(t)
	m.wants(t, m.at, false)
	text, err := os.ReadFile(m.ca.file)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(m.ca.file, append(text, "# the same CA\n"...), 0o600))
	require.NoError(t, m.at.config.TLS.Reload())
	m.wants(t, m.at, false)
	m.wants(t, m.at, true)
}

// TestSessionOutlivesSilence: a home that is too busy to answer in time gets no more expensive connections
// for it.
func TestSessionOutlivesSilence(t *testing.T) {
	m := meet(t)
	m.wants(t, m.at, false)
	m.edge.limits.handshake = 100 * time.Millisecond
	_, err := m.edge.Ask(t.Context(), Peer{m.at.Instance, silent(t).Address}, full())
	require.True(t, errors.Is(err, ErrSilent) || errors.Is(err, ErrLate), "%v", err)
	m.edge.limits.handshake = usual.handshake
	m.wants(t, m.at, true)
}

// TestSessionOfAnotherInstance: what one run of a home has left says nothing about the next one.
func TestSessionOfAnotherInstance(t *testing.T) {
	m := meet(t)
	m.wants(t, m.at, false)
	next := m.home(t, 3)
	reply, err := m.edge.Ask(t.Context(), Peer{m.at.Instance, next.Address}, full())
	require.ErrorIs(t, err, ErrOther)
	require.Equal(t, next.Instance, reply.From)
	require.Empty(t, m.seen, "it was handed over")
}

// TestSessionNeedsTheProof: a member that does not hold cluster.key gets nothing but greetings,
// however often a node connects to it.
func TestSessionNeedsTheProof(t *testing.T) {
	m := meet(t)
	below, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	stolen := m.ca.opens(m.pairs[1]).current.Load()
	at := Peer{m.at.Instance, below.Addr().String()}
	got := make(chan int64, 1)
	var running sync.WaitGroup
	running.Go(func() {
		for {
			near, err := below.Accept()
			if err != nil {
				return
			}
			conn := tls.Server(near, stolen.server)
			_, err = io.CopyN(io.Discard, conn, int64(greetingSize))
			reply := append(m.at.appendReply(), make([]byte, macSize)...)
			if _, fault := conn.Write(reply); err != nil || fault != nil {
				t.Error(err, fault)
			}
			_ = near.SetReadDeadline(time.Now().Add(patience))
			more, _ := io.Copy(io.Discard, conn)
			_ = near.Close()
			got <- more
		}
	})
	for range 3 {
		_, err := m.edge.Ask(t.Context(), at, full())
		require.ErrorIs(t, err, ErrKey)
		require.Zero(t, <-got)
		m.edge.forget()
	}
	require.NoError(t, below.Close())
	running.Wait()
}

// TestNoReplyNeedsASession: without TLS, what an edge sends without the home's reply could be a
// recording.
func TestNoReplyNeedsASession(t *testing.T) {
	edge, at := two(t, false, never(t))
	conn := at.raw(t)
	greeting := appendGreeting(magicNext)
	encoded, err := full().encode()
	require.NoError(t, err)
	message := append(greeting, edge.mac(edgeRole, make([]byte, bindingSize), greeting, nil)...)
	message = binary.BigEndian.AppendUint32(message, uint32(len(encoded)))
	_, err = conn.Write(append(message, encoded...))
	require.NoError(t, err)
	require.ErrorIs(t, <-at.reports, errStranger)
	ends(t, conn)
}

// TestFailuresBehindASession: a home that has proved itself before is refused, silent or cut as any
// other.
func TestFailuresBehindASession(t *testing.T) {
	var mute atomic.Bool
	edge, at := two(t, true, func(_ context.Context, in *Incoming) {
		if !mute.Load() {
			in.Answer(nil, nil)
		}
	})
	ask := func(address string) (Reply, error) {
		return edge.Ask(t.Context(), Peer{at.Instance, address}, full())
	}
	_, err := ask(at.Address)
	require.NoError(t, err)
	mute.Store(true)
	for range 2 {
		reply, err := ask(at.Address)
		require.ErrorIs(t, err, ErrCut)
		require.NotErrorIs(t, err, ErrRecent, "it has been reached")
		require.Equal(t, at.Instance, reply.From)
	}
	_, err = ask(gone(t).Address)
	require.ErrorIs(t, err, ErrRefused)
	edge.limits.handshake = 100 * time.Millisecond
	reply, err := ask(silent(t).Address)
	require.True(t, errors.Is(err, ErrSilent) || errors.Is(err, ErrLate), "%v", err)
	require.Zero(t, reply)
	mute.Store(false)
	edge.limits.handshake = usual.handshake
	_, err = ask(at.Address)
	require.NoError(t, err)
}

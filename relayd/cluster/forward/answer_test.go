package forward

import (
	"context"
	"errors"
	"net"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/sebas642/intercessor/relayd/cluster/home"
	"github.com/stretchr/testify/require"
)

// TestHomeAnswers: each answer of a home is an error to branch on, with the instance that gave it.
func TestHomeAnswers(t *testing.T) {
	each(t, func(t *testing.T, secure bool) {
		for _, answer := range []error{nil, ErrNotHere, ErrFull} {
			edge, at := two(t, secure, func(_ context.Context, in *Incoming) {
				if in.Kind == Operate {
					in.Answer(answer, append(in.Body, '!'))
					return
				}
				in.Answer(answer, nil)
			})
			reply, err := edge.Ask(t.Context(), at.Peer, &Handover{Kind: Operate, Body: []byte("kick")})
			require.ErrorIs(t, err, answer)
			require.Equal(t, Reply{at.Instance, []byte("kick!")}, reply)
			_, err = edge.Forward(t.Context(), at.Peer, full())
			if answer != nil {
				require.ErrorIs(t, err, answer)
			}
			_, err = edge.Ask(t.Context(), at.Peer, &Handover{Kind: Who})
			require.ErrorIs(t, err, answer, "an answer is no failure to reach a node")
		}
	})
}

// TestAnotherInstanceAnswers: an edge notices it, and learns which.
func TestAnotherInstanceAnswers(t *testing.T) {
	edge, at := two(t, false, func(_ context.Context, in *Incoming) {
		require.Equal(t, Who, in.Kind, "nothing else may be handed over")
		in.Answer(nil, nil)
	})
	before := at.Peer
	before.Number++
	reply, err := edge.Ask(t.Context(), before, &Handover{Kind: Find})
	require.ErrorIs(t, err, ErrOther)
	require.Equal(t, at.Instance, reply.From)
	_, err = edge.Forward(t.Context(), before, full())
	require.ErrorIs(t, err, ErrOther)
	_, err = edge.Ask(t.Context(), at.Peer, &Handover{Kind: Who})
	require.NoError(t, err, "the instance that answers has been reached")
}

// TestRoomIsFound among nodes of which one does not answer, one is not there, and one has no such
// room.
func TestRoomIsFound(t *testing.T) {
	edge, here := two(t, false, func(_ context.Context, in *Incoming) {
		if in.Room == "otter" {
			in.Answer(nil, nil)
		}
		in.Answer(ErrNotHere, nil)
	})
	elsewhere := listen(t, Config{Self: home.Instance{Name: "west", Number: 3}, Key: someKey, Handle: func(_ context.Context, in *Incoming) { in.Answer(ErrNotHere, nil) }})
	nodes := []Peer{silent(t), gone(t), elsewhere.Peer, here.Peer}
	at, found := edge.Find(t.Context(), nodes, "otter")
	require.True(t, found)
	require.Equal(t, here.Peer, at)
	_, found = edge.Find(t.Context(), nodes, "badger")
	require.False(t, found)
	_, found = edge.Find(t.Context(), nil, "otter")
	require.False(t, found)
}

// silent is a node that accepts connections and never says a word.
func silent(t *testing.T) Peer {
	t.Helper()
	below, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = below.Close() })
	return Peer{home.Instance{Name: "mute", Number: 9}, below.Addr().String()}
}

// dripping is a node that answers a byte at a time, and never all.
func dripping(t *testing.T) Peer {
	t.Helper()
	below, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var drips sync.WaitGroup
	drips.Go(func() {
		for {
			conn, err := below.Accept()
			if err != nil {
				return
			}
			drips.Go(func() {
				defer func() { _ = conn.Close() }()
				for {
					if _, err := conn.Write([]byte{version}); err != nil {
						return
					}
					time.Sleep(5 * time.Millisecond)
				}
			})
		}
	})
	t.Cleanup(func() {
		_ = below.Close()
		drips.Wait()
	})
	return Peer{home.Instance{Name: "slow", Number: 9}, below.Addr().String()}
}

// gone is a node at whose address nothing listens.
func gone(t *testing.T) Peer {
	t.Helper()
	p := silent(t)
	below, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p.Address = below.Addr().String()
	require.NoError(t, below.Close())
	return p
}

func TestNodeThatCannotBeReached(t *testing.T) {
	edge, mute := two(t, false, func(ctx context.Context, _ *Incoming) { <-ctx.Done() })
	edge.limits.handshake = 100 * time.Millisecond
	for address, class := range map[Peer]error{gone(t): ErrRefused, silent(t): ErrSilent, dripping(t): ErrSilent, mute.Peer: ErrSilent} {
		_, err := edge.Forward(t.Context(), address, full())
		if errors.Is(err, ErrLate) { // this machine is
			class = ErrLate
		}
		require.ErrorIs(t, err, class)
		require.ErrorContains(t, err, address.Address)
	}
}

// TestFailureIsRemembered for a while: calls fail at once and connect to nothing.
func TestFailureIsRemembered(t *testing.T) {
	edge, at := two(t, false, func(_ context.Context, in *Incoming) { in.Answer(nil, nil) })
	nothing := gone(t)
	_, err := edge.Forward(t.Context(), nothing, full())
	require.ErrorIs(t, err, ErrRefused)

	below, err := net.Listen("tcp", nothing.Address)
	require.NoError(t, err)
	defer func() { _ = below.Close() }()
	edge.limits.handshake = 100 * time.Millisecond
	failed := 0
	require.Eventually(t, func() bool {
		_, err = edge.Forward(t.Context(), nothing, full())
		failed++
		require.Equal(t, errors.Is(err, ErrRefused), errors.Is(err, ErrRecent), "it says that it has not tried")
		return !errors.Is(err, ErrRefused)
	}, patience, 10*time.Millisecond, "it is tried again")
	require.Greater(t, failed, 1, "not at once")

	_, err = edge.Ask(t.Context(), at.Peer, &Handover{Kind: Who})
	require.NoError(t, err, "other nodes are not concerned")
}

// TestCallerGivesUp: a call that its caller ends says nothing about the node.
func TestCallerGivesUp(t *testing.T) {
	begun := make(chan struct{})
	first := true
	edge, at := two(t, false, func(ctx context.Context, in *Incoming) {
		if first {
			first = false
			close(begun)
			<-ctx.Done()
			return
		}
		in.Answer(nil, nil)
	})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-begun
		cancel()
	}()
	_, err := edge.Forward(ctx, at.Peer, full())
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, err, ErrLate)
	require.NotErrorIs(t, err, ErrSilent)
	_, err = edge.Ask(t.Context(), at.Peer, &Handover{Kind: Who})
	require.NoError(t, err)
}

// TestCallerGivesUpAtAnyMoment: also in that in which the other node ends the connection.
func TestCallerGivesUpAtAnyMoment(t *testing.T) {
	each(t, func(t *testing.T, secure bool) {
		edge, at := two(t, secure, func(context.Context, *Incoming) {})
		var callers sync.WaitGroup
		for n := range 50 {
			callers.Go(func() {
				for range 15 {
					ctx, cancel := context.WithTimeout(t.Context(), time.Duration(n)*time.Millisecond)
					if _, err := edge.Ask(ctx, at.Peer, &Handover{Kind: Find, Room: "room"}); err == nil {
						t.Error("the other node has not answered")
					}
					cancel()
					edge.forget()
				}
			})
		}
		callers.Wait()
	})
}

// TestFindIsBounded: a few ask one node at a time, and the others wait no longer than their bound.
func TestFindIsBounded(t *testing.T) {
	hold, busy := make(chan struct{}), make(chan struct{}, 10)
	edge, at := two(t, false, func(_ context.Context, in *Incoming) {
		busy <- struct{}{}
		<-hold
		in.Answer(nil, nil)
	})
	edge.limits.handshake = patience
	asked := make(chan error, findsAtOnce)
	for range findsAtOnce {
		go func() { asked <- edge.askFor(t.Context(), at.Peer, "room") }()
	}
	for range findsAtOnce {
		<-busy
	}
	_, found := edge.Find(t.Context(), []Peer{at.Peer}, "room")
	require.False(t, found)
	require.Empty(t, busy, "the home has not heard of it")
	close(hold)
	for range findsAtOnce {
		require.NoError(t, <-asked)
	}
	_, found = edge.Find(t.Context(), []Peer{at.Peer}, "room")
	require.True(t, found)
	require.Empty(t, edge.doors)
}

// TestCrowd: when a node is gone, its peers come to another one all at once. Each of them reaches its
// home, although that shakes hands with fewer at a time.
func TestCrowd(t *testing.T) {
	each(t, func(t *testing.T, secure bool) {
		edge, at := two(t, secure, func(_ context.Context, in *Incoming) { in.Answer(nil, nil) })
		edge.limits.handshake = patience
		var crowd sync.WaitGroup
		for range 3 * mostShaking {
			crowd.Go(func() {
				_, err := edge.Ask(t.Context(), at.Peer, &Handover{Kind: Find, Room: "room"})
				if err != nil && !t.Failed() {
					t.Error(err)
				}
			})
		}
		crowd.Wait()
		require.Empty(t, edge.doors)
	})
}

// TestSlowAnswers: rooms about which the home does not answer yet do not keep the edge from others.
func TestSlowAnswers(t *testing.T) {
	each(t, func(t *testing.T, secure bool) {
		hold, asked := make(chan struct{}), make(chan struct{})
		edge, at := two(t, secure, func(_ context.Context, in *Incoming) {
			if in.Room == "slow" {
				asked <- struct{}{}
				<-hold
			}
			in.Answer(nil, nil)
		})
		edge.limits.handshake = patience
		ctx, cancel := context.WithTimeout(t.Context(), patience/2)
		defer cancel()
		var slow sync.WaitGroup
		for range handshakesAtOnce {
			slow.Go(func() { _, _ = edge.Ask(ctx, at.Peer, &Handover{Kind: Find, Room: "slow"}) })
			<-asked
		}
		_, err := edge.Ask(ctx, at.Peer, &Handover{Kind: Find, Room: "fast"})
		close(hold)
		slow.Wait()
		require.NoError(t, err)
	})
}

// TestForwardsAreBounded at the edge, and what waits for an answer at the home.
func TestForwardsAreBounded(t *testing.T) {
	hold := make(chan struct{})
	busy := make(chan struct{}, 10)
	at := listen(t, Config{Self: home.Instance{Name: "south", Number: 2}, Key: someKey, Forwards: 1, Handle: func(_ context.Context, in *Incoming) {
		if in.Kind == Who {
			busy <- struct{}{}
			<-hold
			in.Answer(nil, nil)
			return
		}
		conn, err := in.Take()
		if err == nil {
			t.Cleanup(func() { _ = conn.Close() })
		}
	}})
	edge := listen(t, Config{Self: home.Instance{Name: "north", Number: 1}, Key: someKey, Forwards: 1})
	link, err := edge.Forward(t.Context(), at.Peer, full())
	require.NoError(t, err)
	_, err = edge.Forward(t.Context(), at.Peer, full())
	require.ErrorIs(t, err, ErrForwards)
	link.Close()

	asked := make(chan error, 1)
	go func() {
		err := ErrFull
		for errors.Is(err, ErrFull) { // the home's function that took the connection may not have returned yet
			_, err = edge.Ask(t.Context(), at.Peer, &Handover{Kind: Who})
		}
		asked <- err
	}()
	<-busy
	other := listen(t, Config{Self: home.Instance{Name: "west", Number: 3}, Key: someKey})
	_, err = other.Ask(t.Context(), at.Peer, &Handover{Kind: Find})
	require.ErrorIs(t, err, ErrFull)
	close(hold)
	require.NoError(t, <-asked)
}

// TestHandlerThatDoesNotAnswer looks to the edge like a connection that was cut.
func TestHandlerThatDoesNotAnswer(t *testing.T) {
	edge, at := two(t, false, func(_ context.Context, in *Incoming) {
		if in.Kind == Who {
			in.Answer(nil, nil)
		}
	})
	_, err := edge.Forward(t.Context(), at.Peer, full())
	require.ErrorIs(t, err, ErrCut)
	_, err = edge.Ask(t.Context(), at.Peer, &Handover{Kind: Who})
	require.NoError(t, err, "other calls are not concerned")
}

// TestOwnFaultIsNotTheOthers: what keeps this node from connecting is no failure of the other, and
// is tried again at once.
func TestOwnFaultIsNotTheOthers(t *testing.T) {
	edge, at := two(t, false, nil)
	at.Peer.Address = "no-such-node.invalid:7000"
	_, err := edge.Forward(t.Context(), at.Peer, full())
	require.ErrorIs(t, err, ErrLocal)
	full := &net.OpError{Op: "dial", Err: os.NewSyscallError("socket", syscall.EMFILE)}
	require.ErrorIs(t, classify(full, false), ErrLocal)
	require.Empty(t, edge.failed)
}

// elsewhere is a listener of another machine.
type elsewhere struct{ net.Listener }

func (elsewhere) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 7000} }
func (elsewhere) Close() error   { return nil }

func TestOtherMachinesNeedTLS(t *testing.T) {
	edge := listen(t, Config{Self: home.Instance{Name: "north", Number: 1}, Key: someKey})
	require.ErrorContains(t, edge.Serve(elsewhere{}), "192.0.2.1:7000 is not a loopback address")
}

func TestNothingWorksAfterClose(t *testing.T) {
	edge, at := two(t, false, nil)
	edge.Close()
	_, err := edge.Forward(t.Context(), at.Peer, full())
	require.ErrorIs(t, err, errClosed)
}

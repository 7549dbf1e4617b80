package link

import (
	"fmt"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/protocol"
)

// What a stream held is free when it is over, whatever the order of its frames.
func TestS3(t *testing.T) {
	t.Run("finished, and its frames are not acknowledged", func(t *testing.T) {
		h := newHostile(t, Config{})
		l := h.link(server)
		s, err := l.OpenStream(h.now, "x")
		require.NoError(t, err)
		h.pump(server)
		h.frame(kindCredit, s.id, number(1<<20))
		_, err = s.Write(h.now, make([]byte, 100<<10))
		require.NoError(t, err)
		h.pump(server)
		out, _ := l.config.Budget.Held()
		require.NotZero(t, out)
		h.frame(kindStop, s.id, number(0))
		h.frame(kindAbort, s.id, number(0))
		require.Empty(t, l.streams.all)
		l.Abort(h.now, "timeout")
		wantNothingHeld(t, l)
	})
	t.Run("finished before it is accepted", func(t *testing.T) {
		h := newHostile(t, Config{})
		h.frame(kindOpen, 2, "x")
		h.frame(kindStop, 2, number(0))
		h.frame(kindAbort, 2, number(0))
		h.acknowledge()
		_, ok := h.link(server).AcceptStream(h.now)
		require.True(t, ok)
		_, in := h.link(server).config.Budget.Held()
		require.Zero(t, in)
	})
	t.Run("a direction that is over holds nothing", func(t *testing.T) {
		for _, how := range []string{"abort", "stop", "end"} {
			n := openNet(t, Config{}, Config{})
			_, theirs := n.openStream(client, "x")
			_, in := n.link(server).config.Budget.Held()
			require.NotZero(t, in)
			mine := n.link(client).streams.all[0]
			switch how {
			case "abort":
				mine.Abort(0, "")
			case "stop":
				theirs.Stop(0, "")
				n.pump(server)
			case "end":
				mine.CloseWrite()
				n.settleAll()
				n.wantRead(theirs, "", io.EOF)
			}
			n.settleAll()
			_, in = n.link(server).config.Budget.Held()
			require.Zero(t, in, how)
		}
	})
	t.Run("credit is what there is memory for", func(t *testing.T) {
		n := openNet(t, Config{}, Config{})
		mine, theirs := n.openStream(client, "x")
		for range 50 {
			_, err := mine.Write(n.now, make([]byte, 10<<10))
			require.NoError(t, err)
			n.settleAll()
			_, err = theirs.Read(n.now, make([]byte, 10<<10))
			require.NoError(t, err)
			n.settleAll()
			require.LessOrEqual(t, theirs.from.credit-theirs.from.taken, uint64(theirs.from.window))
			_, in := n.link(server).config.Budget.Held()
			require.Equal(t, theirs.from.window, in+n.link(server).streams.ownUsed)
		}
	})
	t.Run("every kind of end", func(t *testing.T) {
		for k, end := range []func(n *net){
			func(n *net) { n.link(client).Close(n.now) },
			func(n *net) { n.link(client).Close(n.now); n.link(server).Close(n.now) },
			func(n *net) { n.link(client).Abort(n.now, "timeout"); n.link(server).Abort(n.now, "timeout") },
			func(n *net) { n.link(client).Dismiss(n.now, "kicked") },
			func(n *net) { n.link(client).fail(WhyStream) },
			func(n *net) {
				for x := range n.sides {
					n.hand(x, protocol.TypeLinkReset, "null", Header{ID: n.link(x).id})
				}
			},
		} {
			n := openNet(t, Config{}, Config{})
			for x := range n.sides {
				for range 10 {
					mine, theirs := n.openStream(x, "x")
					for _, s := range []*Stream{mine, theirs} {
						_, err := s.Write(n.now, make([]byte, 200<<10))
						require.NoError(t, err)
					}
				}
				_, err := n.link(x).OpenStream(n.now, "not accepted")
				require.NoError(t, err)
			}
			n.settleAll()
			end(n)
			n.settleAll()
			n.pass(10 * Second)
			for x := range n.sides {
				require.Len(t, n.sides[x].ends, 1, fmt.Sprint(k))
				wantNothingHeld(t, n.link(x))
			}
		}
	})
}

func TestS6Outcomes(t *testing.T) {
	t.Run("do not change after the link has ended", func(t *testing.T) {
		n := openNet(t, Config{}, Config{})
		mine, theirs := n.openStream(client, "x")
		n.write(mine, "text")
		mine.CloseWrite()
		n.settleAll()
		n.wantRead(theirs, "text", io.EOF)
		other, _ := n.openStream(client, "y")
		other.CloseWrite()
		n.settleAll()
		n.link(client).Dismiss(n.now, "left")
		n.wantSent(other, Unknown, ErrEnded)
		n.hand(client, protocol.TypeLinkEnd, "null", Header{ID: n.link(client).id, HasEnd: true})
		n.wantSent(other, Unknown, ErrEnded)
		n.wantSent(mine, Delivered, nil)
	})
	t.Run("what was aborted after its end may have been read", func(t *testing.T) {
		n := openNet(t, Config{}, Config{})
		mine, theirs := n.openStream(client, "x")
		n.write(mine, "text")
		mine.CloseWrite()
		n.settleAll()
		got := make([]byte, 10)
		k, err := theirs.Read(n.now, got)
		require.NoError(t, err)
		require.Equal(t, "text", string(got[:k]))
		_, err = theirs.Read(n.now, got)
		require.Equal(t, io.EOF, err)
		mine.Abort(0, "")
		n.settleAll()
		kind, err := mine.Sent()
		require.Equal(t, ErrStreamClosed, err)
		require.Equal(t, Unknown, kind)
	})
	t.Run("a stop that crosses an abort changes nothing", func(t *testing.T) {
		n := openNet(t, Config{}, Config{})
		mine, theirs := n.openStream(client, "x")
		mine.Abort(0, "")
		theirs.Stop(5, "")
		n.wantSent(mine, Refused, ErrStreamClosed)
		n.settleAll()
		n.wantSent(mine, Refused, ErrStreamClosed)
	})
}

func TestTheLastFrameIsSentAgain(t *testing.T) {
	for name, act := range map[string]func(n *net, mine *Stream){
		"data":  func(n *net, mine *Stream) { _, _ = mine.Write(n.now, []byte("x")) },
		"end":   func(_ *net, mine *Stream) { mine.CloseWrite() },
		"abort": func(_ *net, mine *Stream) { mine.Abort(0, "") },
		"stop":  func(_ *net, mine *Stream) { mine.Stop(0, "") },
		"open":  func(n *net, _ *Stream) { _, _ = n.link(client).OpenStream(n.now, "y") },
	} {
		t.Run(name, func(t *testing.T) {
			n := openNet(t, Config{}, Config{})
			mine, _ := n.openStream(client, "x")
			act(n, mine)
			n.pump(client)
			require.NotEmpty(t, n.sides[client].sending)
			n.lose()
			before := n.now
			n.pass(5 * Second)
			for x := range n.sides {
				require.Equal(t, n.link(x).streams.made, n.link(x).streams.r)
				require.Zero(t, n.link(x).Wake(), "silence")
			}
			require.Less(t, before, n.now)
		})
	}
}

func TestS6Closing(t *testing.T) {
	t.Run("both at once", func(t *testing.T) {
		n := openNet(t, Config{}, Config{})
		mine, _ := n.openStream(client, "x")
		theirs, _ := n.openStream(server, "y")
		n.write(mine, "a")
		n.write(theirs, "b")
		mine.CloseWrite()
		theirs.CloseWrite()
		n.link(client).Close(n.now)
		n.link(server).Close(n.now)
		n.settleAll()
		n.pass(10 * Second)
		n.wantEnd(client, ClosedHere, "")
		n.wantEnd(server, ClosedHere, "")
		for _, s := range []*Stream{mine, theirs} {
			kind, _ := s.Sent()
			require.Equal(t, Refused, kind)
		}
		for x := range n.sides {
			require.True(t, n.link(x).Over())
			wantNothingHeld(t, n.link(x))
		}
	})
	t.Run("while the path is down, and back later", func(t *testing.T) {
		n := openNet(t, Config{}, Config{})
		mine, theirs := n.openStream(client, "x")
		for x := range n.sides {
			n.link(x).PathDown(n.now, Relay)
		}
		_, err := mine.Write(n.now, []byte("text"))
		require.NoError(t, err)
		mine.CloseWrite()
		n.link(client).Close(n.now)
		n.pump(client)
		n.pass(30 * Second)
		require.Empty(t, n.sides[client].ends)
		n.cut()
		n.settleAll()
		n.pass(5 * Second)
		require.Empty(t, n.sides[client].ends, "it is not read yet")
		n.wantRead(theirs, "text", io.EOF)
		n.settleAll()
		n.wantSent(mine, Delivered, nil)
		n.wantEnd(client, ClosedHere, "")
		n.wantEnd(server, ClosedThere, "")
	})
	t.Run("while the path is down for good", func(t *testing.T) {
		n := openNet(t, Config{}, Config{})
		mine, _ := n.openStream(client, "x")
		n.link(client).PathDown(n.now, Relay)
		_, err := mine.Write(n.now, make([]byte, 200<<10))
		require.NoError(t, err)
		mine.CloseWrite()
		n.link(client).Close(n.now)
		n.pump(client)
		n.link(client).Abort(n.now, "closed")
		n.wantSent(mine, Unknown, ErrEnded)
		wantNothingHeld(t, n.link(client))
	})
}

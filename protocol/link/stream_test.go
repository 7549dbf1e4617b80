package link

import (
	"bytes"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// pair is a stream between two sides.
func (n *net) openStream(x int, name string) (mine, theirs *Stream) {
	n.t.Helper()
	mine, err := n.link(x).OpenStream(n.now, name)
	require.NoError(n.t, err)
	n.settleAll()
	theirs, ok := n.link(1 - x).AcceptStream(n.now)
	require.True(n.t, ok)
	require.Equal(n.t, name, theirs.Name())
	n.settleAll()
	return mine, theirs
}

// settleAll lets everything arrive, acknowledgements included.
func (n *net) settleAll() {
	n.pump(client)
	n.pump(server)
	n.run()
	n.pass(50 * Millisecond)
}

func (n *net) write(s *Stream, text string) {
	n.t.Helper()
	k, err := s.Write(n.now, []byte(text))
	require.NoError(n.t, err)
	require.Equal(n.t, len(text), k)
	n.settleAll()
}

// read reads what there is.
func (n *net) read(s *Stream) (all string, err error) {
	buf := make([]byte, 1<<10)
	for {
		k, err := s.Read(n.now, buf)
		n.settleAll()
		if all += string(buf[:k]); err != nil || k == 0 {
			return all, err
		}
	}
}

func (n *net) wantRead(s *Stream, want string, end error) {
	n.t.Helper()
	got, err := n.read(s)
	require.Equal(n.t, want, got)
	require.Equal(n.t, end, err)
}

func (n *net) wantSent(s *Stream, want OutcomeKind, end error) {
	n.t.Helper()
	kind, err := s.Sent()
	require.Equal(n.t, want, kind)
	require.Equal(n.t, end, err)
}

func TestS1(t *testing.T) {
	t.Run("bytes go both ways, and each side closes its own", func(t *testing.T) {
		for x := range 2 {
			n := openNet(t, Config{}, Config{})
			mine, theirs := n.openStream(x, "a name")
			n.write(mine, "to")
			n.wantRead(theirs, "to", nil)
			mine.CloseWrite()
			n.settleAll()
			n.wantSent(mine, 0, nil)
			n.wantRead(theirs, "", io.EOF)
			n.wantSent(mine, Delivered, nil)
			n.write(theirs, "and back")
			theirs.CloseWrite()
			n.settleAll()
			n.wantRead(mine, "and back", io.EOF)
			n.wantSent(theirs, Delivered, nil)
			for y := range 2 {
				st := &n.link(y).streams
				require.Empty(t, st.all)
				require.Zero(t, st.ownUsed)
				require.Zero(t, st.frames.len())
				out, in := n.link(y).config.Budget.Held()
				require.Zero(t, out+in)
			}
			_, err := mine.Write(n.now, []byte("x"))
			require.Equal(t, ErrStreamClosed, err)
		}
	})
	t.Run("an end without data", func(t *testing.T) {
		n := openNet(t, Config{}, Config{})
		mine, theirs := n.openStream(client, "empty")
		mine.CloseWrite()
		n.settleAll()
		n.wantRead(theirs, "", io.EOF)
		n.wantSent(mine, Delivered, nil)
	})
	t.Run("large amounts, over any cuts", func(t *testing.T) {
		n := openNet(t, Config{}, Config{})
		mine, theirs := n.openStream(server, "large")
		sent := make([]byte, 3<<20)
		random := rand.New(rand.NewPCG(1, 2))
		for i := range sent {
			sent[i] = byte(random.Uint32())
		}
		var got bytes.Buffer
		buf := make([]byte, 100<<10)
		for rest, round := sent, 0; got.Len() < len(sent); round++ {
			require.Less(t, round, 20_000)
			if len(rest) > 0 {
				k, err := mine.Write(n.now, rest[:min(len(rest), 1+random.IntN(90_000))])
				require.NoError(t, err)
				if rest = rest[k:]; len(rest) == 0 {
					mine.CloseWrite()
				}
			}
			n.pump(server)
			if round%7 == 0 {
				n.cut()
			}
			n.settleAll()
			for {
				k, err := theirs.Read(n.now, buf[:1+random.IntN(len(buf)-1)])
				got.Write(buf[:k])
				if k == 0 {
					require.True(t, err == nil || err == io.EOF)
					break
				}
			}
			n.settleAll()
		}
		require.True(t, bytes.Equal(sent, got.Bytes()))
		n.pass(Second)
		n.wantSent(mine, Delivered, nil)
		require.Empty(t, n.sides[client].ends)
	})
}

func TestS4(t *testing.T) {
	t.Run("what is not accepted has credit for 16 KiB", func(t *testing.T) {
		n := openNet(t, Config{}, Config{})
		mine, err := n.link(client).OpenStream(n.now, "x")
		require.NoError(t, err)
		n.write(mine, strings.Repeat("x", 100<<10))
		n.pass(5 * Second)
		require.EqualValues(t, 16<<10, mine.to.sent)
		theirs, ok := n.link(server).AcceptStream(n.now)
		require.True(t, ok)
		n.settleAll()
		require.EqualValues(t, 64<<10, mine.to.sent)
		got, err := n.read(theirs)
		require.NoError(t, err)
		require.Len(t, got, 100<<10)
	})
	t.Run("a slow reader holds up its own stream only", func(t *testing.T) {
		n := openNet(t, Config{}, Config{})
		slow, _ := n.openStream(client, "slow")
		k, err := slow.Write(n.now, make([]byte, 1<<20))
		require.NoError(t, err)
		require.Equal(t, 256<<10, k)
		n.pass(5 * Second)
		require.EqualValues(t, 64<<10, slow.to.sent)
		quick, theirs := n.openStream(client, "quick")
		n.write(quick, "quick")
		n.wantRead(theirs, "quick", nil)
		n.mustSay(client, 1, `"message"`)
		n.settleAll()
		require.Equal(t, []string{`"message"`}, n.takeAll(server))
	})
	t.Run("who keeps up gets more", func(t *testing.T) {
		n := openNet(t, Config{}, Config{})
		mine, theirs := n.openStream(client, "x")
		for range 200 {
			_, err := mine.Write(n.now, make([]byte, 256<<10))
			require.NoError(t, err)
			n.pump(client)
			n.run()
			k, err := theirs.Read(n.now, make([]byte, 1<<20))
			require.NoError(t, err)
			require.Positive(t, k)
			n.pump(server)
			n.run()
			n.pass(30 * Millisecond)
		}
		require.Equal(t, 1<<20, theirs.from.window, "eight times what may be in flight")
	})
	t.Run("streams take turns, and so do streams and messages", func(t *testing.T) {
		n := openNet(t, Config{InFlight: [2]int{Relay: 1 << 20}}, Config{})
		one, _ := n.openStream(client, "one")
		two, _ := n.openStream(client, "two")
		n.said(client)
		for _, s := range []*Stream{one, two} {
			_, err := s.Write(n.now, make([]byte, 64<<10))
			require.NoError(t, err)
		}
		l := n.link(client)
		for range 4 {
			require.NoError(t, l.Send(n.now, "chat", []byte(`1`), nil))
		}
		n.pump(client)
		var order []string
		for _, text := range n.said(client) {
			typ, _, _ := strings.Cut(text, " ")
			order = append(order, typ)
		}
		require.Equal(t, strings.Fields("chat LINK_STREAM chat LINK_STREAM chat LINK_STREAM chat LINK_STREAM LINK_STREAM LINK_STREAM LINK_STREAM LINK_STREAM"), order)
		for i := range 8 {
			require.Same(t, []*Stream{one, two}[i%2], l.streams.frames.at(i).stream)
		}
	})
	t.Run("many small writes go in few frames", func(t *testing.T) {
		n := openNet(t, Config{}, Config{})
		mine, theirs := n.openStream(client, "x")
		before := n.link(client).streams.made
		for range 1000 {
			_, err := mine.Write(n.now, []byte("y"))
			require.NoError(t, err)
		}
		n.settleAll()
		require.Equal(t, before+1, n.link(client).streams.made)
		n.wantRead(theirs, strings.Repeat("y", 1000), nil)
	})
}

func TestS5(t *testing.T) {
	t.Run("64 may wait to be accepted", func(t *testing.T) {
		n := openNet(t, Config{}, Config{})
		var all []*Stream
		for range 65 {
			s, err := n.link(client).OpenStream(n.now, "x")
			require.NoError(t, err)
			all = append(all, s)
		}
		n.settleAll()
		for _, s := range all[:64] {
			n.wantSent(s, 0, nil)
		}
		busy := &StreamError{Code: CodeBusy}
		n.wantSent(all[64], Refused, busy)
		n.wantRead(all[64], "", busy)
		_, err := all[64].Write(n.now, []byte("x"))
		require.Equal(t, busy, err)
	})
	t.Run("128 are open at most", func(t *testing.T) {
		n := openNet(t, Config{}, Config{})
		var last, theirs *Stream
		for range 128 {
			last, theirs = n.openStream(client, "x")
		}
		_, err := n.link(client).OpenStream(n.now, "x")
		require.Equal(t, ErrFull, err)
		for _, s := range []*Stream{last, theirs} {
			s.CloseWrite()
		}
		n.settleAll()
		n.wantRead(last, "", io.EOF)
		n.wantRead(theirs, "", io.EOF)
		_, err = n.link(client).OpenStream(n.now, "x")
		require.NoError(t, err)
	})
}

func TestS6(t *testing.T) {
	t.Run("stop is answered with abort", func(t *testing.T) {
		n := openNet(t, Config{}, Config{})
		mine, theirs := n.openStream(client, "x")
		n.write(mine, "unread")
		theirs.Stop(7, "enough")
		n.settleAll()
		stopped := &StreamError{7, "enough"}
		n.wantSent(mine, Refused, stopped)
		_, err := mine.Write(n.now, []byte("x"))
		require.Equal(t, stopped, err)
		n.wantRead(theirs, "", ErrStreamClosed)
		n.write(theirs, "still")
		theirs.CloseWrite()
		n.settleAll()
		n.wantRead(mine, "still", io.EOF)
		require.Empty(t, n.link(client).streams.all)
		require.Empty(t, n.link(server).streams.all)
	})
	t.Run("abort drops what waits", func(t *testing.T) {
		n := openNet(t, Config{}, Config{})
		mine, theirs := n.openStream(client, "x")
		n.write(mine, "unread")
		mine.Abort(8, "no")
		n.settleAll()
		n.wantRead(theirs, "", &StreamError{8, "no"})
		n.wantSent(mine, Refused, ErrStreamClosed)
	})
	t.Run("closing a link delivers what was closed, and aborts the rest", func(t *testing.T) {
		n := openNet(t, Config{}, Config{})
		closed, read := n.openStream(client, "closed")
		left, unread := n.openStream(client, "open")
		n.write(closed, "all of it")
		n.write(left, "not this")
		closed.CloseWrite()
		n.link(client).Close(n.now)
		n.settleAll()
		require.Empty(t, n.sides[server].ends)
		n.wantRead(unread, "", &StreamError{})
		n.wantRead(read, "all of it", io.EOF)
		n.settleAll()
		n.wantSent(closed, Delivered, nil)
		n.wantEnd(client, ClosedHere, "")
		n.wantEnd(server, ClosedThere, "")
	})
	t.Run("what came whole can be read after the end", func(t *testing.T) {
		n := openNet(t, Config{}, Config{})
		mine, theirs := n.openStream(client, "x")
		other, cut := n.openStream(client, "y")
		n.write(mine, "whole")
		n.write(other, "a part")
		mine.CloseWrite()
		n.settleAll()
		n.link(server).Abort(n.now, "timeout")
		n.wantRead(theirs, "whole", io.EOF)
		n.wantRead(cut, "a part", ErrEnded)
		n.link(client).Abort(n.now, "timeout")
		n.wantSent(mine, Unknown, ErrEnded)
	})
}

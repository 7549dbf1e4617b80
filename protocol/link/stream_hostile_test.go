package link

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/protocol"
)

// hostile has a peer, whose own link says nothing, send frames of sequence 2 to side x.
type hostile struct {
	*net
	x int
	n uint64
}

// newHostile returns a peer of the server, which plays the client.
func newHostile(t testing.TB, victim Config) *hostile {
	h := &hostile{net: openNet(t, Config{}, victim), x: server}
	h.up[client] = false // what the server sends is lost
	return h
}

func (h *hostile) frame(kind byte, id uint64, rest string) {
	h.n++
	h.body(h.n, string(append(appendFrame(nil, id, kind), rest...)))
}

func (h *hostile) body(n uint64, body string) {
	text := `"` + base64.StdEncoding.EncodeToString([]byte(body)) + `"`
	h.hand(h.x, protocol.TypeLinkStream, text, Header{ID: h.link(h.x).id, N: [3]uint64{Streams: n}})
}

// acknowledge says that the peer has received all that there is.
func (h *hostile) acknowledge() {
	l := h.link(h.x)
	h.hand(h.x, protocol.TypeLinkAck, "null", Header{ID: l.id, R: [3]uint64{Streams: l.streams.made}})
}

// wantNothingHeld checks that a link without streams, or one that has ended, holds nothing.
func wantNothingHeld(t testing.TB, l *Link) {
	t.Helper()
	st := &l.streams
	out, in := l.config.Budget.Held()
	require.Zero(t, out)
	require.Zero(t, in)
	require.Zero(t, l.config.Budget.fresh.held.Load())
	require.Zero(t, st.ownUsed+st.frames.len()+st.control.len()+st.fresh.len()+len(st.all)+st.mine+st.flight+st.controls)
}

func number(n uint64) string { return string(appendVarint(nil, n)) }

// Each thing that a peer may do wrong on a stream has a reaction with a name (S7), or none.
func TestS7(t *testing.T) {
	type frame struct {
		kind byte
		id   uint64
		rest string
	}
	kib16 := strings.Repeat("x", 16<<10)
	openIt := frame{kindOpen, 2, "x"}
	for name, c := range map[string]struct {
		in  []frame
		why string // "": nothing happens
	}{
		"an open of the wrong side":             {[]frame{{kindOpen, 3, "x"}}, WhyStream},
		"an open that skips a number":           {[]frame{{kindOpen, 4, "x"}}, WhyStream},
		"an open again":                         {[]frame{openIt, openIt}, WhyStream},
		"an open of stream 0":                   {[]frame{{kindOpen, 0, "x"}}, WhyStream},
		"an open without a name":                {[]frame{{kindOpen, 2, ""}}, WhyStream},
		"the longest name":                      {[]frame{{kindOpen, 2, kib16[:255]}}, ""},
		"too long a name":                       {[]frame{{kindOpen, 2, kib16[:256]}}, WhyStream},
		"a name that is no text":                {[]frame{{kindOpen, 2, "\xff"}}, WhyStream},
		"data of a stream that was never there": {[]frame{{kindData, 2, "x"}}, WhyStream},
		"data of a stream of this side":         {[]frame{{kindData, 3, "x"}}, WhyStream},
		"data of stream 0":                      {[]frame{openIt, {kindData, 0, "x"}}, WhyStream},
		"data of stream 1":                      {[]frame{openIt, {kindData, 1, "x"}}, WhyStream},
		"credit of a stream never there":        {[]frame{{kindCredit, 4, number(1)}}, WhyStream},
		"no data":                               {[]frame{openIt, {kindData, 2, ""}}, WhyStream},
		"the longest data, all the credit":      {[]frame{openIt, {kindData, 2, kib16}}, ""},
		"too long data":                         {[]frame{openIt, {kindData, 2, kib16 + "x"}}, WhyStream},
		"data beyond the credit":                {[]frame{openIt, {kindData, 2, kib16}, {kindData, 2, "x"}}, WhyCredit},
		"an end with something":                 {[]frame{openIt, {kindEnd, 2, "x"}}, WhyStream},
		"data after the end":                    {[]frame{openIt, {kindEnd, 2, ""}, {kindData, 2, "x"}}, WhyStream},
		"an end after the end":                  {[]frame{openIt, {kindEnd, 2, ""}, {kindEnd, 2, ""}}, WhyStream},
		"an abort after the end":                {[]frame{openIt, {kindEnd, 2, ""}, {kindAbort, 2, number(0)}}, ""},
		"data after an abort":                   {[]frame{openIt, {kindAbort, 2, number(0)}, {kindData, 2, "x"}}, WhyStream},
		"an end after an abort":                 {[]frame{openIt, {kindAbort, 2, number(0)}, {kindEnd, 2, ""}}, WhyStream},
		"an abort after an abort":               {[]frame{openIt, {kindAbort, 2, number(0)}, {kindAbort, 2, number(0)}}, WhyStream},
		"an abort without a code":               {[]frame{openIt, {kindAbort, 2, ""}}, WhyStream},
		"an abort with too long a text":         {[]frame{openIt, {kindAbort, 2, number(0) + kib16[:65]}}, WhyStream},
		"an abort with the longest text":        {[]frame{openIt, {kindAbort, 2, number(0) + kib16[:64]}}, ""},
		"an abort with a text that is none":     {[]frame{openIt, {kindAbort, 2, number(0) + "\xff"}}, WhyStream},
		"an abort with too large a code":        {[]frame{openIt, {kindAbort, 2, number(1 << 53)}}, WhyStream},
		"the largest code":                      {[]frame{openIt, {kindAbort, 2, number(1<<53 - 1)}}, ""},
		"a stop without a code":                 {[]frame{openIt, {kindStop, 2, ""}}, WhyStream},
		"a stop twice":                          {[]frame{openIt, {kindStop, 2, number(0)}, {kindStop, 2, number(1)}}, ""},
		"credit without a number":               {[]frame{openIt, {kindCredit, 2, ""}}, WhyStream},
		"credit with more than a number":        {[]frame{openIt, {kindCredit, 2, number(1) + "x"}}, WhyStream},
		"credit beyond 2^53":                    {[]frame{openIt, {kindCredit, 2, number(1 << 53)}}, WhyStream},
		"credit that does not end":              {[]frame{openIt, {kindCredit, 2, "\xff\xff\xff\xff\xff\xff\xff\xff\x01"}}, WhyStream},
		"all the credit, and back":              {[]frame{openIt, {kindCredit, 2, number(1<<53 - 1)}, {kindCredit, 2, number(0)}}, ""},
		"done before the end":                   {[]frame{openIt, {kindDone, 2, ""}}, WhyStream},
		"done with something":                   {[]frame{openIt, {kindDone, 2, "x"}}, WhyStream},
		"a finished stream":                     {[]frame{openIt, {kindStop, 2, number(0)}, {kindAbort, 2, number(0)}, {kindData, 2, "x"}, {kindDone, 2, ""}}, ""},
		"a kind of a later version":             {[]frame{{7, 9, "x"}, {255, 0, ""}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHostile(t, Config{})
			for _, f := range c.in {
				h.frame(f.kind, f.id, f.rest)
			}
			if c.why == "" {
				require.Empty(t, h.sides[server].ends)
				require.EqualValues(t, len(c.in), h.link(server).streams.in.r, "each is counted")
				h.link(server).Abort(h.now, "timeout")
			} else {
				require.Equal(t, []End{{FailedHere, c.why}}, h.sides[server].ends)
			}
			wantNothingHeld(t, h.link(server))
		})
	}
	for name, c := range map[string]struct{ message, why string }{
		"nothing":              {`""`, WhyStream},
		"a number without end": {`"gA=="`, WhyStream},
		"no kind":              {`"Ag=="`, WhyStream},
		"no string":            {`1`, WhyStream},
		"null":                 {`null`, WhyStream},
		"no base64":            {`"A"`, WhyStream},
		"of the other kind":    {`"AgAt-_=="`, WhyStream},
		"without the padding":  {`"AgB4eA"`, WhyStream},
		"bits that are left":   {`"AgB4eB=="`, WhyStream},
		"a line that breaks":   {`"AgB4\neA=="`, WhyStream},
		"spelt with escapes":   {`"\u0041gB4"`, ""},
		"too long":             {`"` + strings.Repeat("AAAA", 11000) + `"`, WhyStream},
	} {
		t.Run("a body: "+name, func(t *testing.T) {
			h := newHostile(t, Config{})
			h.hand(server, protocol.TypeLinkStream, c.message, Header{ID: h.link(server).id, N: [3]uint64{Streams: 1}})
			if c.why == "" {
				require.Empty(t, h.sides[server].ends)
			} else {
				require.Equal(t, []End{{FailedHere, c.why}}, h.sides[server].ends)
			}
		})
	}
	for name, c := range map[string]struct {
		h   Header
		why string
	}{
		"without a number":           {Header{}, WhyNumber},
		"with a number of a message": {Header{N: [3]uint64{0, 1, 1}}, WhyField},
		"with a probe":               {Header{N: [3]uint64{0, 0, 1}, Ask: 1}, WhyField},
		"that acknowledges too much": {Header{N: [3]uint64{0, 0, 1}, R: [3]uint64{0, 0, 1}}, WhyAck},
		"after a gap":                {Header{N: [3]uint64{0, 0, 2}}, ""},
		"with the last number":       {Header{N: [3]uint64{0, 0, protocol.MaxNumber}}, ""},
	} {
		t.Run("a frame "+name, func(t *testing.T) {
			h := newHostile(t, Config{})
			c.h.ID = h.link(server).id
			h.hand(server, protocol.TypeLinkStream, `"AgB4"`, c.h)
			if c.why == "" {
				require.Empty(t, h.sides[server].ends)
				require.Zero(t, h.link(server).streams.in.r)
			} else {
				require.Equal(t, []End{{FailedHere, c.why}}, h.sides[server].ends)
			}
		})
	}
	t.Run("a number of a stream in a message", func(t *testing.T) {
		h := newHostile(t, Config{})
		h.hand(server, "chat", `1`, Header{ID: h.link(server).id, N: [3]uint64{0, 1, 1}})
		require.Equal(t, []End{{FailedHere, WhyField}}, h.sides[server].ends)
	})
	t.Run("a peer of version 1 has no streams", func(t *testing.T) {
		l := newServer(Config{}, offer{id: NewID(1), version: 1})
		l.PathUp(1, Relay)
		l.Receive(1, Relay, []byte(protocol.TypeLinkStream), []byte(`"AgB4"`), &Header{ID: l.id, N: [3]uint64{0, 0, 1}})
		require.False(t, l.Effects().StreamArrived)
		require.Equal(t, open, l.phase)
	})
}

func TestBinaryFramesThatDoNotCount(t *testing.T) {
	frame := append(appendVarint([]byte{byteStream}, 1), "\x02\x00x"...)
	t.Run("before the link is open", func(t *testing.T) {
		n := newNet(t, Config{}, Config{})
		n.link(client).ReceiveDirect(n.now, new(Health), frame, false)
		require.Zero(t, n.link(client).streams.in.r)
		require.Equal(t, opening, n.link(client).phase)
	})
	t.Run("with the policy relay", func(t *testing.T) {
		n := openNet(t, Config{}, Config{Policy: RelayOnly})
		n.link(server).ReceiveDirect(n.now, new(Health), frame, false)
		require.Zero(t, n.link(server).streams.in.r)
		require.Equal(t, open, n.link(server).phase)
	})
	t.Run("after the end", func(t *testing.T) {
		for _, here := range []bool{true, false} {
			n := openNet(t, Config{}, Config{})
			n.link(map[bool]int{true: server, false: client}[here]).Close(n.now)
			n.pump(client)
			n.pump(server)
			n.run()
			n.link(server).ReceiveDirect(n.now, new(Health), frame, false)
			n.hand(server, protocol.TypeLinkStream, `"AgB4"`, Header{ID: n.link(server).id, N: [3]uint64{0, 0, 1}})
			require.Zero(t, n.link(server).streams.in.r)
			_, ok := n.link(server).AcceptStream(n.now)
			require.False(t, ok)
			require.Len(t, n.sides[server].ends, 1)
		}
	})
	t.Run("under the nonce, before the server has answered", func(t *testing.T) {
		n := newNet(t, Config{Early: true, To: 5}, Config{Mine: func(uint64) bool { return true }})
		n.run()
		n.hand(server, protocol.TypeLinkStream, `"AgB4"`, Header{ID: NewID(7), N: [3]uint64{0, 0, 1}})
		if l := n.link(server); l != nil {
			require.Zero(t, l.streams.in.r)
		}
	})
}

// A binary message carries no acknowledgements. They may not be taken for said.
func TestL12OnTheDirectPath(t *testing.T) {
	n := newDirectNet(t)
	var streams [2]*Stream
	for x := range n.sides {
		s, err := n.link(x).OpenStream(n.now, "x")
		require.NoError(t, err)
		streams[x] = s
	}
	n.exchange()
	for x := range n.sides {
		_, ok := n.link(x).AcceptStream(n.now)
		require.True(t, ok)
	}
	n.exchange()
	n.now += 50 * Millisecond
	for x := range n.sides {
		n.link(x).Tick(n.now)
	}
	n.exchange()
	for range 100 {
		for x := range n.sides {
			_, err := streams[x].Write(n.now, make([]byte, 100))
			require.NoError(t, err)
		}
		n.exchange()
		for x := range n.sides {
			st := &n.link(x).streams
			require.LessOrEqual(t, st.made-st.r, uint64(ackEvery), "every eighth frame is acknowledged (L12)")
		}
	}
	n.now += 20 * Millisecond
	for x := range n.sides {
		n.link(x).Tick(n.now)
	}
	n.exchange()
	for x := range n.sides {
		require.Equal(t, n.link(x).streams.made, n.link(x).streams.r)
	}
}

func TestStreamsWithoutEnd(t *testing.T) {
	t.Run("opened, and nothing is acknowledged", func(t *testing.T) {
		h := newHostile(t, Config{})
		id := uint64(2)
		for ; len(h.sides[server].ends) == 0; id += 2 {
			require.Less(t, id, uint64(20_000))
			h.frame(kindOpen, id, "x")
			st := &h.link(server).streams
			require.LessOrEqual(t, len(st.all), 64)
			require.LessOrEqual(t, st.frames.len()+2*st.control.len(), 2*maxUnanswered+4)
		}
		require.Equal(t, []End{{FailedHere, WhyStreams}}, h.sides[server].ends)
		wantNothingHeld(t, h.link(server))
	})
	t.Run("opened and aborted, accepted and closed, and nothing is acknowledged", func(t *testing.T) {
		h := newHostile(t, Config{})
		id := uint64(2)
		for ; len(h.sides[server].ends) == 0; id += 2 {
			require.Less(t, id, uint64(20_000))
			h.frame(kindOpen, id, "x")
			h.frame(kindStop, id, number(0))
			h.frame(kindAbort, id, number(0))
			if s, ok := h.link(server).AcceptStream(h.now); ok {
				s.Abort(0, "")
				s.Stop(0, "")
			}
			h.pump(server)
		}
		require.Equal(t, []End{{FailedHere, WhyStreams}}, h.sides[server].ends)
		wantNothingHeld(t, h.link(server))
	})
	t.Run("and all is acknowledged", func(t *testing.T) {
		h := newHostile(t, Config{})
		for id := uint64(2); id < 20_000; id += 2 {
			h.frame(kindOpen, id, "x")
			h.frame(kindAbort, id, number(0))
			h.frame(kindStop, id, number(0))
			h.acknowledge()
		}
		require.Empty(t, h.sides[server].ends)
		require.Equal(t, maxUnaccepted, h.link(server).streams.fresh.len())
		for s, ok := h.link(server).AcceptStream(h.now); ok; s, ok = h.link(server).AcceptStream(h.now) {
			_, err := s.Read(h.now, make([]byte, 1))
			require.Equal(t, &StreamError{}, err)
		}
		h.pump(server)
		h.acknowledge()
		_, in := h.link(server).config.Budget.Held()
		require.Zero(t, in, "a stream that is over takes no memory when it is accepted")
	})
	t.Run("refused without end, and nothing is acknowledged", func(t *testing.T) {
		h := newHostile(t, Config{})
		l := h.link(server)
		opened := 0
		for ; opened < 20_000; opened++ {
			s, err := l.OpenStream(h.now, "x")
			if err != nil {
				require.Equal(t, ErrFull, err)
				break
			}
			h.pump(server)
			h.frame(kindStop, s.id, number(1))
			h.frame(kindAbort, s.id, number(1))
			s.Stop(0, "")
			h.pump(server)
		}
		require.Less(t, opened, 5_000)
		require.Empty(t, h.sides[server].ends)
		for range 100 { // what is acknowledged makes room
			h.acknowledge()
		}
		_, err := l.OpenStream(h.now, "x")
		require.NoError(t, err)
	})
}

// A side whose own data is not acknowledged yet must not take the other's streams amiss.
func TestManySmallFramesUnderWay(t *testing.T) {
	n := openNet(t, Config{InFlight: [2]int{Relay: 4 << 20}}, Config{})
	mine, _ := n.openStream(client, "chatty")
	mine.to.credit = 1 << 30
	n.up[server] = false
	for range 10_000 {
		_, err := mine.Write(n.now, []byte("x"))
		require.NoError(t, err)
		n.pump(client)
	}
	require.Greater(t, n.link(client).streams.frames.len(), maxUnanswered)
	_, err := n.link(server).OpenStream(n.now, "y")
	require.NoError(t, err)
	n.pump(server)
	for n.deliver(server) {
	}
	require.Empty(t, n.sides[client].ends)
	_, ok := n.link(client).AcceptStream(n.now)
	require.True(t, ok)
}

func TestAPeerThatReadsNoStream(t *testing.T) {
	t.Run("and grants everything", func(t *testing.T) {
		h := newHostile(t, Config{})
		l := h.link(server)
		s, err := l.OpenStream(h.now, "x")
		require.NoError(t, err)
		h.pump(server)
		h.frame(kindCredit, s.id, number(1<<53-1))
		for range 1000 {
			_, err := s.Write(h.now, make([]byte, 64<<10))
			require.NoError(t, err)
			h.pump(server)
		}
		require.LessOrEqual(t, s.to.waiting, maxUnsent)
		require.LessOrEqual(t, s.to.held, maxUnsent+l.config.InFlight[Relay])
		out, _ := l.config.Budget.Held()
		require.LessOrEqual(t, out, s.to.held)
		l.Abort(h.now, "timeout")
		wantNothingHeld(t, l)
	})
	t.Run("and has many", func(t *testing.T) {
		budget := smallBudget(1 << 20)
		n := openNet(t, Config{Budget: budget}, Config{})
		for range maxUnaccepted {
			s, err := n.link(client).OpenStream(n.now, "x")
			if err == ErrFull {
				break // no memory for what comes back
			}
			require.NoError(t, err)
			_, err = s.Write(n.now, make([]byte, 1<<20))
			require.NoError(t, err)
			n.settleAll()
			out, in := budget.Held()
			require.LessOrEqual(t, out, 1<<20)
			require.LessOrEqual(t, in, 1<<19)
		}
		n.mustSay(client, 1, `"message"`) // streams leave half
		n.link(client).Abort(n.now, "timeout")
		wantNothingHeld(t, n.link(client))
	})
}

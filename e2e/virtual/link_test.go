package virtual_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/protocol/link"
	"github.com/sebas642/intercessor/sdk"
	"github.com/sebas642/intercessor/sdk/sdktest"
)

// rawLink is a client that speaks v1 and writes the frames of its links by hand.
type rawLink struct {
	*world
	session *sdktest.Peer
}

func (w *world) raw() *rawLink {
	w.t.Helper()
	options := &sdktest.Options{}
	options.HTTPClient = w.line.Client()
	s, err := sdktest.Dial(w.t.Context(), "ws://relay/client/"+w.ln.ID(), options)
	require.NoError(w.t, err)
	w.t.Cleanup(func() { _ = s.Close() })
	return &rawLink{world: w, session: s}
}

func (c *rawLink) says(typ, message string, header string) {
	c.t.Helper()
	require.NoError(c.t, c.session.SendFrame(c.t.Context(), protocol.AppendEnvelopeV1(nil, protocol.ID(c.ln.ID()), typ, []byte(message), []byte(header)), false))
	synctest.Wait()
}

// opens asks for a link, and returns its ID, or "" if there is no answer.
func (c *rawLink) opens(nonce string) string {
	c.t.Helper()
	c.says(protocol.TypeLinkOpen, "null", `{"nonce":"`+nonce+`","g":1000000,"g0":1000000}`)
	for {
		e, ok := c.session.Events.TryGet()
		if !ok {
			return ""
		}
		if e.Type == protocol.TypeLinkOpened {
			header, err := link.ParseHeader(e.Link)
			require.NoError(c.t, err)
			return header.ID.String()
		}
	}
}

func TestNewLinkEndsTheOldOne(t *testing.T) {
	pair(t, func(t *testing.T, w *world) {
		c := w.raw()
		first := c.opens("00000000000000a1")
		require.Equal(t, first, c.opens("00000000000000a1"), "the same nonce gets the same link")
		c.says("chat", "1", `{"id":"`+first+`","n":1}`)
		old := w.accept()
		w.gets(old, "1")
		second := c.opens("00000000000000a2")
		require.NotEqual(t, first, second)
		require.Equal(t, sdk.Connected, old.State(), "nothing has come of the new one")
		c.says("chat", "2", `{"id":"`+second+`","n":1}`)
		require.ErrorIs(t, w.ends(old), sdk.ErrRestarted)
		w.gets(w.accept(), "2")
	})
}

func TestLinksAreNotOpenedWithoutEnd(t *testing.T) {
	pair(t, func(t *testing.T, w *world) {
		c := w.raw()
		for i := range 5 {
			require.NotEmpty(t, c.opens("00000000000000b"+string(rune('0'+i))))
		}
		require.Empty(t, c.opens("00000000000000bf"))
		time.Sleep(time.Second)
		require.NotEmpty(t, c.opens("00000000000000bf"))
	})
}

func TestEndOfALinkWhoseFramesNeverCome(t *testing.T) {
	pair(t, func(t *testing.T, w *world) {
		c := w.raw()
		id := c.opens("00000000000000c1")
		c.says("chat", "1", `{"id":"`+id+`","n":1}`)
		conn := w.accept()
		r := w.send(conn, "2")
		c.says(protocol.TypeLinkEnd, "null", `{"id":"`+id+`","end":3,"t":0}`)
		w.outcome(r, sdk.Refused, sdk.ReasonClosed)
		time.Sleep(time.Minute)
		require.NotEqual(t, sdk.Closed, conn.State(), "there is something to receive still")
		start := time.Now()
		w.gets(conn, "1")
		require.Equal(t, &sdk.GoneError{Reason: sdk.ReasonClosed}, w.ends(conn))
		require.LessOrEqual(t, time.Since(start), 6*time.Second)
	})
}

func TestPeerThatBreaksARule(t *testing.T) {
	for name, header := range map[string]string{
		"beyond-the-grant": `{"id":"ID","n":1}`,
		"ack-of-nothing":   `{"id":"ID","n":1,"r":7}`,
		"malformed-header": `{"id":"ID","n":"one"}`,
	} {
		t.Run(name, func(t *testing.T) {
			pair(t, func(t *testing.T, w *world) {
				c := w.raw()
				id := c.opens("00000000000000d1")
				c.says("chat", "1", `{"id":"`+id+`","n":1}`)
				conn := w.accept()
				message, header := "1", strings.ReplaceAll(strings.ReplaceAll(header, "ID", id), `"n":1`, `"n":2`)
				if name == "beyond-the-grant" {
					message = `"` + strings.Repeat("x", 60_000) + `"`
					for n := 2; n < 8; n++ {
						c.says("chat", message, strings.ReplaceAll(header, `"n":2`, `"n":`+string(rune('0'+n))))
					}
				} else {
					c.says("chat", message, header)
				}
				err := w.ends(conn)
				var broken *sdk.LinkError
				require.ErrorAs(t, err, &broken)
				require.Equal(t, &sdk.LinkError{Why: name, Here: true}, broken)
			})
		})
	}
}

func TestMessagesOfNoLinkAreNobodys(t *testing.T) {
	pair(t, func(t *testing.T, w *world) {
		c := w.raw()
		require.NoError(t, c.session.Send(t.Context(), protocol.ID(w.ln.ID()), "chat", []byte("1")))
		id := c.opens("00000000000000e1")
		c.says("chat", "2", `{"id":"`+id+`","n":1}`)
		w.gets(w.accept(), "2")
	})
}

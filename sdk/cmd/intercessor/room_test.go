package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/sdk"
)

var errNoChannels = errors.New("this peer has no channels")

// fakePeer is a peer that a test speaks for.
type fakePeer struct {
	says  chan sdk.Message // what the peer sends; closed when it leaves
	hears []string         // what it got, as TYPE DATA
}

func newFakePeer() *fakePeer { return &fakePeer{says: make(chan sdk.Message)} }

func (p *fakePeer) Send(_ context.Context, m sdk.Message) (*sdk.Receipt, error) {
	p.hears = append(p.hears, m.Type+" "+string(m.Data))
	return nil, nil
}

func (p *fakePeer) Receive(context.Context) (sdk.Message, error) {
	m, ok := <-p.says
	if !ok {
		return sdk.Message{}, sdk.ErrPeerGone
	}
	return m, nil
}

func (p *fakePeer) OpenChannel(context.Context, string) (*sdk.Channel, error) {
	return nil, errNoChannels
}

func (p *fakePeer) AcceptChannel(context.Context) (*sdk.Channel, error) {
	return nil, errNoChannels
}

// heard gives what the peer got since the last time.
func (p *fakePeer) heard() []string {
	heard := p.hears
	p.hears = nil
	return heard
}

func raw(typ, data string) sdk.Message { return sdk.Message{Type: typ, Data: []byte(data)} }

// shown gives the lines on a screen since the last time.
func shown(out *bytes.Buffer) []string {
	lines := strings.FieldsFunc(out.String(), func(r rune) bool { return r == '\n' })
	out.Reset()
	return lines
}

func TestTheHostPassesOnWhatAGuestSays(t *testing.T) {
	var out bytes.Buffer
	h := &host{name: "Eve", screen: newScreen(&out)}
	ada, bob, ctx := newFakePeer(), newFakePeer(), t.Context()
	adaSeat, bobSeat := h.admit(ada), h.admit(bob)

	h.handle(ctx, adaSeat, raw("name", `"Ada"`))
	h.handle(ctx, bobSeat, raw("name", `"Ada"`))
	assert.Equal(t, []string{"* Ada joined", "* Ada (2) joined"}, shown(&out))
	assert.Equal(t, []string{`people ["Eve","Ada"]`, `people ["Eve","Ada","Ada (2)"]`}, ada.heard())
	bob.heard()

	h.handle(ctx, adaSeat, raw("chat", `{"text":"hello","name":"Eve"}`))
	assert.Equal(t, []string{"Ada: hello"}, shown(&out), "a guest speaks under its own name")
	assert.Equal(t, []string{`chat {"text":"hello","name":"Ada"}`}, bob.heard())
	assert.Empty(t, ada.heard(), "nobody hears itself")

	require.NoError(t, h.say(ctx, "welcome"))
	assert.Equal(t, []string{`chat {"text":"welcome","name":"Eve"}`}, ada.heard())

	h.handle(ctx, bobSeat, raw("name", `"Bob"`))
	assert.Equal(t, []string{"* Ada (2) is now called Bob"}, shown(&out))
	h.leave(ctx, bobSeat)
	assert.Equal(t, []string{"* Bob left"}, shown(&out))
	assert.Equal(t, []string{`people ["Eve","Ada","Bob"]`, `people ["Eve","Ada"]`}, ada.heard())
}

func TestTheHostIgnoresWhatItDoesNotUnderstand(t *testing.T) {
	var out bytes.Buffer
	h := &host{name: "Eve", screen: newScreen(&out)}
	ada := newFakePeer()
	seat := h.admit(ada)
	for _, m := range []sdk.Message{
		raw("name", "1"), raw("chat", `"text"`), raw("chat", "null x"), raw("people", `["Eve"]`), raw("dance", "{}"),
	} {
		h.handle(t.Context(), seat, m)
	}
	assert.Empty(t, shown(&out))
	assert.Empty(t, ada.heard())
}

func TestAPingComesBackAsItWas(t *testing.T) {
	h := &host{name: "Eve", screen: newScreen(io.Discard)}
	ada := newFakePeer()
	h.handle(t.Context(), h.admit(ada), raw("ping", ` {"n": 1.50}`))
	assert.Equal(t, []string{`pong  {"n": 1.50}`}, ada.heard())
}

func TestAGuestIsServedUntilItLeaves(t *testing.T) {
	var out bytes.Buffer
	h := &host{name: "Eve", screen: newScreen(&out)}
	ada := newFakePeer()
	over := make(chan error, 1)
	go func() { over <- h.attend(t.Context(), h.admit(ada)) }()
	ada.says <- raw("chat", `{"text":"no name yet"}`)
	close(ada.says)
	require.ErrorIs(t, <-over, sdk.ErrPeerGone)
	assert.Equal(t, []string{"* guest joined", "guest: no name yet", "* guest left"}, shown(&out))
	assert.Equal(t, []string{`name "Eve"`, `people ["Eve"]`, `people ["Eve","guest"]`}, ada.heard())
	assert.Equal(t, []string{"Eve"}, h.people())
}

func TestAGuestHearsWhoComesAndWhoLeaves(t *testing.T) {
	var out bytes.Buffer
	peer := newFakePeer()
	g := &guest{name: "Ada", screen: newScreen(&out), host: peer}
	for _, m := range []sdk.Message{
		raw("name", `"Eve"`), raw("people", `["Eve","Ada"]`), raw("people", `["Eve","Ada","Ada (2)"]`),
		raw("people", `["Eve","Ada","Ada (2)","Bob"]`), raw("people", `["Eve","Ada (2)","Bob"]`),
		raw("chat", `{"text":"hi","name":"Bob"}`), raw("ping", "7"), raw("people", "{}"), raw("dance", "{}"),
	} {
		g.handle(t.Context(), m)
	}
	assert.Equal(t, []string{
		"* in the room: Eve, Ada", "* you are called Ada (2) here", "* Bob joined", "* Ada left", "Bob: hi",
	}, shown(&out))
	assert.Equal(t, []string{"pong 7"}, peer.heard())
	assert.Equal(t, []string{"Eve", "Ada (2)", "Bob"}, g.people())
}

func TestAFileGoesToWhoeverIsNamed(t *testing.T) {
	h := &host{name: "Eve", screen: newScreen(io.Discard)}
	_, _, err := h.find("")
	assert.EqualError(t, err, "nobody else is here yet")

	ada, bob := newFakePeer(), newFakePeer()
	h.handle(t.Context(), h.admit(ada), raw("name", `"Ada"`))
	to, name, err := h.find("")
	require.NoError(t, err)
	assert.Same(t, ada, to)
	assert.Equal(t, "Ada", name)

	h.handle(t.Context(), h.admit(bob), raw("name", `"Bob"`))
	to, _, err = h.find("bob")
	require.NoError(t, err)
	assert.Same(t, bob, to)
	_, _, err = h.find("")
	assert.ErrorContains(t, err, "to whom?")
	_, _, err = h.find("Eve")
	assert.ErrorContains(t, err, "nobody here is called Eve")

	g := &guest{host: ada, hostName: "Ada"}
	to, _, err = g.find("ada")
	require.NoError(t, err)
	assert.Same(t, ada, to)
	_, _, err = g.find("Bob")
	assert.ErrorContains(t, err, "to the host only, and that is Ada")
}

func TestWhatIsTypedIsObeyed(t *testing.T) {
	var out bytes.Buffer
	h := &host{name: "Eve", screen: newScreen(&out)}
	ada := newFakePeer()
	h.handle(t.Context(), h.admit(ada), raw("name", `"Ada"`))
	ada.heard()
	shown(&out)

	c := &chat{room: h, screen: h.screen}
	typed := "hello\n\n  \n/people\n/dance\n/send\n/send no such file\n" + strings.Repeat("x", maxText+1) + "\n/quit\nnot said\n"
	served := make(chan struct{})
	err := c.hold(t.Context(), strings.NewReader(typed), func(ctx context.Context) error {
		<-ctx.Done() // hold ends what serves the room
		close(served)
		return ctx.Err()
	})
	require.NoError(t, err)
	<-served
	assert.Equal(t, []string{
		"* Eve, Ada",
		"* there is no command /dance; /help lists them",
		"* which file? /send FILE [NAME]",
		"* there is no file no such file",
		"* that is too long to send: at most 8.0 KiB a line",
	}, shown(&out))
	assert.Equal(t, []string{`chat {"text":"hello","name":"Eve"}`}, ada.heard())
}

func TestAChatEndsWithItsRoom(t *testing.T) {
	never, typist := io.Pipe()
	defer typist.Close()
	c := &chat{screen: newScreen(io.Discard)}
	err := c.hold(t.Context(), never, func(context.Context) error { return sdk.ErrPeerGone })
	assert.ErrorIs(t, err, sdk.ErrPeerGone)
}

func TestTheFileAndTheNameOfSendMayContainSpaces(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("my photo.jpg", []byte("123"), 0o600))
	require.NoError(t, os.Mkdir("folder", 0o700))
	here, err := os.Getwd()
	require.NoError(t, err)
	for _, c := range []struct{ operands, name string }{
		{"my photo.jpg", ""},
		{"my photo.jpg Ada", "Ada"},
		{"my photo.jpg Ada Lovelace (2)", "Ada Lovelace (2)"},
		{"'my photo.jpg' Ada", "Ada"},
		{`"` + filepath.Join(here, "my photo.jpg") + `"`, ""},
	} {
		file, o, name, err := openOperand(c.operands)
		require.NoError(t, err, c.operands)
		require.NoError(t, file.Close())
		assert.Equal(t, offer{"my photo.jpg", 3}, o)
		assert.Equal(t, c.name, name)
	}
	_, _, _, err = openOperand("folder")
	assert.EqualError(t, err, "folder is not a file; a folder can be sent as an archive")
}

package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/sdk"
)

var errNoFiles = errors.New("this peer has no streams and no channels")

// fakePeer is a peer whose messages a test provides.
type fakePeer struct {
	says  chan sdk.Message // messages from the peer; closed when it leaves
	hears []string         // messages to the peer, as TYPE DATA
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

func (p *fakePeer) OpenStream(context.Context, string) (*sdk.Stream, error) {
	return nil, errNoFiles
}

func (p *fakePeer) AcceptStream(context.Context) (*sdk.Stream, error) {
	return nil, errNoFiles
}

func (p *fakePeer) AcceptChannel(context.Context) (*sdk.Channel, error) {
	return nil, errNoFiles
}

func (p *fakePeer) Path() sdk.Path { return sdk.Path{Route: sdk.RouteRelay} }

func (p *fakePeer) WaitPath(ctx context.Context, from sdk.Path) (sdk.Path, error) {
	<-ctx.Done()
	return from, ctx.Err()
}

// heard returns the messages to the peer since the last call.
func (p *fakePeer) heard() []string {
	heard := p.hears
	p.hears = nil
	return heard
}

// list is the data of a list of people with these names, for the guest with the ID you.
func list(you string, names ...string) string {
	var people []person
	for i, name := range names {
		id := strconv.Itoa(i)
		if i == 0 {
			id = "host"
		}
		people = append(people, person{ID: id, Name: name, You: id == you})
	}
	return string(message(typePeople, people).Data)
}

// people is a list as a fakePeer has heard it.
func people(you string, names ...string) string { return typePeople + " " + list(you, names...) }

func raw(typ, data string) sdk.Message { return sdk.Message{Type: typ, Data: []byte(data)} }

// shown returns the lines on a screen since the last call.
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
	assert.Equal(t, []string{people("1", "Eve", "Ada"), people("1", "Eve", "Ada", "Ada (2)")}, ada.heard())
	bob.heard()

	h.handle(ctx, adaSeat, raw("chat", `{"text":"hello","name":"Eve"}`))
	assert.Equal(t, []string{"Ada: hello"}, shown(&out), "a guest speaks under its own name")
	assert.Equal(t, []string{`chat {"text":"hello","name":"Ada"}`}, bob.heard())
	assert.Empty(t, ada.heard(), "a member does not hear itself")

	require.NoError(t, h.say(ctx, "welcome"))
	assert.Equal(t, []string{`chat {"text":"welcome","name":"Eve"}`}, ada.heard())

	h.handle(ctx, bobSeat, raw("name", `"Bob"`))
	assert.Equal(t, []string{"* Ada (2) is now called Bob"}, shown(&out))
	h.leave(ctx, bobSeat, sdk.ErrPeerGone)
	assert.Equal(t, []string{"* Bob left"}, shown(&out))
	assert.Equal(t, []string{people("1", "Eve", "Ada", "Bob"), people("1", "Eve", "Ada")}, ada.heard())
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
	assert.Equal(t, []string{`name "Eve"`, people("1", "Eve"), people("1", "Eve", "guest")}, ada.heard())
	assert.Equal(t, []string{"Eve"}, h.people())
}

func TestAGuestHearsWhoComesAndWhoLeaves(t *testing.T) {
	var out bytes.Buffer
	peer := newFakePeer()
	g := &guest{name: "Ada", screen: newScreen(&out), host: peer}
	for _, m := range []sdk.Message{
		raw("name", `"Eve"`), raw("people", list("2", "Eve", "Ada")), raw("people", list("2", "Eve", "Ada", "Ada (2)")),
		raw("people", list("2", "Eve", "Ada", "Ada (2)", "Bob")), raw("people", list("2", "Eve", "Anna", "Ada (2)", "Bob")),
		raw("people", `[{"id":"host","name":"Eve"},{"id":"2","name":"Ada (2)","you":true},{"id":"3","name":"Bob"}]`),
		raw("chat", `{"text":"hi","name":"Bob"}`), raw("ping", "7"), raw("people", "{}"), raw("dance", "{}"),
	} {
		g.handle(t.Context(), m)
	}
	assert.Equal(t, []string{
		"* in the room: Eve, Ada", "* you are called Ada (2) here", "* Bob joined", "* Ada is now called Anna", "* Anna left", "Bob: hi",
	}, shown(&out))
	assert.Equal(t, []string{"pong 7"}, peer.heard())
	assert.Equal(t, []string{"Eve", "Ada (2)", "Bob"}, g.people())
}

func TestAFileGoesToWhoeverIsNamed(t *testing.T) {
	h := &host{name: "Eve", screen: newScreen(io.Discard)}
	_, _, err := h.find("")
	assert.EqualError(t, err, "no one else is here yet")

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
	assert.ErrorContains(t, err, "which guest?")
	_, _, err = h.find("Eve")
	assert.ErrorContains(t, err, "no one here is called Eve")

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
	c := &chat{room: h, screen: h.screen, files: files{offers: &offers{}}}
	typed := make(chan input, 20)
	enter := func(lines ...string) {
		for _, line := range lines {
			typed <- input{text: line}
		}
	}
	enter("too early", "/quit")
	require.NoError(t, c.converse(t.Context(), t.Context(), typed))
	assert.Equal(t, []string{"* no one else is here yet"}, shown(&out))

	ada := newFakePeer()
	h.handle(t.Context(), h.admit(ada), raw("name", `"Ada"`))
	ada.heard()
	shown(&out)
	enter("hello", "", "  ", "  /people", "  indented ", "/dance", "/send", "/send no such file", "/take", "/take 3", "/refuse x",
		strings.Repeat("x", maxText+1), " /quit ", "not said")
	require.NoError(t, c.converse(t.Context(), t.Context(), typed))
	assert.Equal(t, []string{
		"* Eve, Ada",
		"* there is no command /dance; /help lists them",
		"* which file? /send FILE [NAME]",
		"* there is no file no such file",
		"* no file waits for an answer",
		"* no file 3 waits for an answer",
		"* x is not the number of an offer",
		"* that is too long to send: at most 8.0 KiB a line",
	}, shown(&out))
	assert.Equal(t, []string{`chat {"text":"hello","name":"Eve"}`, `chat {"text":"  indented ","name":"Eve"}`}, ada.heard())
}

// Piped input may be anyone's text: no line of it is a command, and every line is sent byte for
// byte.
func TestWhatIsPipedInIsSaidAsItIs(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "key")
	require.NoError(t, os.WriteFile(secret, []byte("secret"), 0o600))
	for _, c := range []struct {
		name, in, problem string
		said              []string
	}{
		{"commands", "/send " + secret + "\n/quit\n/people\n", "", []string{"/send " + secret, "/quit", "/people"}},
		{"empty lines and spaces", "\n  a\t \n\n\r\n", "", []string{"", "  a\t ", "", "\r"}},
		{"a last line without its end", "a\nb", "", []string{"a", "b"}},
		{"nothing", "", "", nil},
		{"the longest line", strings.Repeat("x", maxText) + "\n", "", []string{strings.Repeat("x", maxText)}},
		{"the longest line without its end", strings.Repeat("x", maxText), "", []string{strings.Repeat("x", maxText)}},
		{"a line that is too long", "a\n" + strings.Repeat("x", maxText+1) + "\nb\n",
			"line 2 of standard input is longer than 8.0 KiB, the most that one message holds; intercessor send sends it as a file", []string{"a"}},
		{"bytes that are no UTF-8", "a\n\xff\nb\n", "line 2 of standard input is not text (UTF-8 without NUL); intercessor send sends it as a file", []string{"a"}},
		{"a NUL", "\x00", "line 1 of standard input is not text (UTF-8 without NUL); intercessor send sends it as a file", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			host := newFakePeer()
			g := &guest{name: "Ada", screen: newScreen(io.Discard), host: host, said: &record{}}
			chat := &chat{room: g, screen: g.screen, said: &outcomes{}}
			err := chat.hold(t.Context(), strings.NewReader(c.in), func(ctx context.Context) error {
				<-ctx.Done() // hold ends it
				return ctx.Err()
			})
			if c.problem == "" {
				require.NoError(t, err)
			} else {
				require.EqualError(t, err, c.problem)
			}
			var said []string
			for _, heard := range host.heard() {
				line, ok := readChat(raw(typeChat, strings.TrimPrefix(heard, "chat ")))
				require.True(t, ok)
				said = append(said, line.Text)
			}
			require.Equal(t, c.said, said)
		})
	}
}

// A listener's room outlives its piped input, and a line waits until someone is in the room.
func TestTheEndOfPipedInputDoesNotCloseTheRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &host{name: "Eve", screen: newScreen(io.Discard)}
		c := &chat{room: h, screen: h.screen, said: &outcomes{}, stays: true}
		ctx, cancel := context.WithCancel(t.Context())
		held := make(chan error, 1)
		go func() {
			held <- c.hold(ctx, strings.NewReader("hello"), func(ctx context.Context) error {
				<-ctx.Done()
				return ctx.Err()
			})
		}()
		synctest.Wait()
		ada := newFakePeer()
		h.admit(ada)
		synctest.Wait()
		require.Equal(t, []string{`chat {"text":"hello","name":"Eve"}`}, ada.heard())
		require.Empty(t, held, "the room is still open")
		cancel()
		require.NoError(t, <-held)
	})
}

// A host that leaves after it has received everything causes no error.
func TestAHostThatLeavesAfterTheLastLineIsNoFailure(t *testing.T) {
	for _, ended := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			in, out := io.Pipe()
			if ended {
				require.NoError(t, out.Close())
			}
			c := &chat{screen: newScreen(io.Discard), said: &outcomes{}}
			release := make(chan struct{})
			c.said.following.Go(func() { <-release }) // an outcome that is known at the end of the connection
			err := c.hold(t.Context(), in, func(context.Context) error {
				synctest.Wait()
				close(release)
				return sdk.ErrPeerGone
			})
			if ended {
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, sdk.ErrPeerGone)
			}
			_ = out.Close()
		})
	}
}

// settled is a known outcome.
type settled sdk.Outcome

func (s settled) Outcome(context.Context) (sdk.Outcome, error) { return sdk.Outcome(s), nil }

func TestALineThatWasNotDeliveredIsShown(t *testing.T) {
	var out bytes.Buffer
	o := &outcomes{screen: newScreen(&out)}
	r := &record{all: o, name: func() string { return "Bob" }}
	r.note("one", settled{Result: sdk.Delivered})
	r.note("two", settled{Result: sdk.Refused, Reason: sdk.ReasonTimeout})
	r.note("three", settled{Result: sdk.Unknown, Reason: sdk.ReasonTimeout})
	r.note("four", settled{Result: sdk.Unknown, Reason: sdk.ReasonNoLink})
	require.EqualError(t, o.end(nil), "2 lines were not delivered")
	assert.Equal(t, []string{"* not delivered to Bob: two", "* perhaps not delivered to Bob: three"}, shown(&out))
	assert.ErrorIs(t, o.end(io.EOF), io.EOF)
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
		assert.Equal(t, "my photo.jpg", o.Name)
		assert.EqualValues(t, 3, o.Size)
		assert.Equal(t, c.name, name)
	}
	_, _, _, err = openOperand("folder")
	assert.EqualError(t, err, "folder is a folder; a chat sends files only, and intercessor send also sends folders")
}

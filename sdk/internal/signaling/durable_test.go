package signaling_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/sdk/internal/badrelay"
	"github.com/sebas642/intercessor/sdk/internal/signaling"
	"github.com/sebas642/intercessor/sdk/sdktest"
)

// visit gives the URL of a script that counts its visits for this test alone.
func visit(t testing.TB, script, role string) string {
	return server(t) + "/" + script + "/" + strconv.Itoa(rand.Int()) + role
}

const (
	asServer = "/server"
	asClient = "/client/other"
)

func dialV1(t testing.TB, url string, options *signaling.Options) *sdktest.Peer {
	t.Helper()
	s, err := sdktest.Dial(within(t), url, options)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	require.True(t, s.Durable())
	return s
}

// next returns the next event of a kind, and skips others.
func next(t testing.TB, s *sdktest.Peer, kind signaling.Kind) signaling.Event {
	t.Helper()
	for {
		if e := receive(t, s); e.Kind == kind {
			return e
		}
	}
}

// ends receives until the session ends, and returns why.
func ends(t testing.TB, s *sdktest.Peer) error {
	t.Helper()
	for {
		if _, err := s.Receive(within(t)); err != nil {
			return err
		}
	}
}

func TestSessionOfV1(t *testing.T) {
	s := dialV1(t, visit(t, "v1-echo", asClient), nil)
	require.EqualValues(t, badrelay.ID, s.Hello().ID)
	require.Equal(t, protocol.SubprotocolV1, s.Hello().Server)
	require.Equal(t, signaling.Online, s.State())
	require.NoError(t, s.Send(within(t), "other", "chat", []byte(`1`)))
	require.Equal(t, signaling.Event{Kind: signaling.Delivered, Peer: "other", Type: "chat", Message: []byte("1")}, receive(t, s))
	require.NoError(t, s.SendFrame(within(t), protocol.AppendEnvelopeV1(nil, "other", "LINK_ACK", []byte(`null`), []byte(`{"id":"0123456789abcdef"}`)), false))
	require.Equal(t, signaling.Event{
		Kind: signaling.Delivered, Peer: "other", Type: "LINK_ACK", Message: []byte(`null`), Link: []byte(`{"id":"0123456789abcdef"}`),
	}, receive(t, s))
}

// memory is a Store that lives as long as the test.
type memory struct {
	text  string
	saved []string
	err   error
}

func (m *memory) Load() (string, error) { return m.text, nil }

func (m *memory) Save(text string) error {
	if m.err == nil {
		m.text = text
		m.saved = append(m.saved, text)
	}
	return m.err
}

func TestSessionResumesHoweverItWasLost(t *testing.T) {
	s := dialV1(t, visit(t, "v1-resume", asClient), nil)
	require.Equal(t, `""`, string(next(t, s, signaling.Delivered).Message))
	lost := next(t, s, signaling.Lost)
	var broken *signaling.RelayError
	require.ErrorAs(t, lost.Err, &broken)
	require.EqualValues(t, 1006, broken.Code)

	attempt := uint64(0)
	for _, token := range []string{"token-1", "renewed", "token-3"} {
		connected := next(t, s, signaling.Connected)
		require.True(t, connected.Hello.Resumed)
		require.EqualValues(t, badrelay.ID, connected.Hello.ID)
		presented := next(t, s, signaling.Delivered)
		number, got, _ := strings.Cut(strings.Trim(string(presented.Message), `"`), ".")
		require.Equal(t, token, got)
		n, err := strconv.ParseUint(number, 10, 64)
		require.NoError(t, err)
		require.Greater(t, n, attempt, "each attempt has a higher number than the last")
		attempt = n
	}
	require.Equal(t, signaling.Online, s.State())
	require.NoError(t, s.Send(within(t), "other", "chat", []byte("1")))
}

// A relay may not know of the server what another one does since. A client leaves it, three times
// in a row at most, and keeps the token that it gave (P3).
func TestClientLeavesARelayWithAnOlderView(t *testing.T) {
	for script, token := range map[string]string{"v1-older": "token-3", "v1-older-ever": "token-5"} {
		t.Run(script, func(t *testing.T) {
			store := &memory{}
			s := dialV1(t, visit(t, script, asClient), &signaling.Options{Store: store})
			next(t, s, signaling.Lost)
			require.Equal(t, token, next(t, s, signaling.Connected).Hello.Resume)
			require.Contains(t, strings.Join(store.saved, " "), "token-2")
		})
	}
}

func TestTokenIsStoredBeforeItIsPresented(t *testing.T) {
	store := &memory{}
	s := dialV1(t, visit(t, "v1-resume", asClient), &signaling.Options{Store: store})
	next(t, s, signaling.Connected)
	require.NoError(t, s.Close())
	require.Equal(t, "0.token-1", store.saved[0])
	require.Regexp(t, `^\d{13,}\.token-1$`, store.saved[1])
	require.Regexp(t, `^\d{13,}\.token-2$`, store.saved[2])
}

func TestAttemptsGoUpEvenIfTheClockGoesBack(t *testing.T) {
	store := &memory{text: "9000000000000000.token-0"}
	s := dialV1(t, visit(t, "v1-resume", asClient), &signaling.Options{Store: store})
	require.Equal(t, `"9000000000000001.token-0"`, string(next(t, s, signaling.Delivered).Message))
}

func TestStoreThatFails(t *testing.T) {
	full := errors.New("no space left on device")
	_, err := sdktest.Dial(within(t), visit(t, "v1-echo", asClient), &signaling.Options{Store: &memory{err: full}})
	var broken *signaling.IdentityError
	require.ErrorAs(t, err, &broken)
	require.ErrorIs(t, err, full)
}

func TestEndsThatAreFinal(t *testing.T) {
	for script, want := range map[string]error{
		"v1-replaced":  signaling.ErrReplaced,
		"v1-taken":     signaling.ErrReplaced,
		"v1-kicked":    signaling.ErrKicked,
		"v1-refused":   signaling.ErrTokenRefused,
		"v1-forgetful": signaling.ErrTokenRefused,
	} {
		t.Run(script, func(t *testing.T) {
			s := dialV1(t, visit(t, script, asClient), nil)
			require.ErrorIs(t, ends(t, s), want)
			require.ErrorIs(t, s.Send(within(t), "other", "late", []byte("1")), want)
			require.Equal(t, signaling.Closed, s.State())
		})
	}
}

// A handshake may come to the relay twice, because something on the way sends it again:
// then the answer to the second is not the last word about either (R5).
func TestReplacedBeforeHelloIsBelievedTheSecondTime(t *testing.T) {
	s := dialV1(t, visit(t, "v1-taken-once", asClient), nil)
	next(t, s, signaling.Lost)
	next(t, s, signaling.Connected)
	require.Equal(t, signaling.Online, s.State())

	dialV1(t, visit(t, "v1-taken-once", asClient), &signaling.Options{Store: &memory{text: "1.token-0"}})
	_, err := sdktest.Dial(within(t), visit(t, "v1-taken", asClient), &signaling.Options{Store: &memory{text: "1.token-0"}})
	require.ErrorIs(t, err, signaling.ErrReplaced)
}

func TestRefusedTokenOfAStore(t *testing.T) {
	store := &memory{text: "1.expired"}
	_, err := sdktest.Dial(within(t), visit(t, "v1-refused", asServer), &signaling.Options{Store: store})
	require.ErrorIs(t, err, signaling.ErrTokenRefused)
	require.Regexp(t, `\.expired$`, store.text, "it is not forgotten: that is for a person to decide")
}

func TestStoredIdentityIsNotForABaseRelay(t *testing.T) {
	_, err := sdktest.Dial(within(t), visit(t, "echo", asServer), &signaling.Options{Store: &memory{text: "1.token"}})
	require.Error(t, err, "never a new ID in silence")
}

func TestRelayWithoutATokenIsNone(t *testing.T) {
	_, err := sdktest.Dial(within(t), visit(t, "v1-no-token", asClient), nil)
	var wrong *signaling.ProtocolError
	require.ErrorAs(t, err, &wrong)
}

func TestDialTriesAgainWhereTheRelaySaysSo(t *testing.T) {
	dialV1(t, visit(t, "v1-busy", asClient), nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := sdktest.Dial(ctx, visit(t, "v1-busy", asClient), nil)
	require.Error(t, err)
}

func TestServerHearsOfItsRoom(t *testing.T) {
	s := dialV1(t, visit(t, "v1-room", asServer), nil)
	var got []string
	for len(got) < 12 {
		e := receive(t, s)
		kind := map[signaling.Kind]string{
			signaling.Joined: "joined", signaling.Gone: "gone", signaling.Away: "away", signaling.Back: "back",
			signaling.Lost: "lost", signaling.Connected: "connected", signaling.Delivered: "message", signaling.Undelivered: "undelivered",
		}[e.Kind]
		got = append(got, strings.Trim(kind+" "+string(e.Peer)+" "+e.Reason, " "))
	}
	require.Equal(t, []string{
		"joined ada", "joined bob", "joined cy", "message cy",
		"lost", "connected", "joined eve", "back cy",
	}, got[:8])
	require.ElementsMatch(t, []string{"away ada", "gone bob timeout"}, got[8:10])
	require.Equal(t, []string{"undelivered ada absent", "gone ada kicked"}, got[10:])
}

func TestRequestsAreAnswered(t *testing.T) {
	s := dialV1(t, visit(t, "v1-wishes", asServer), nil)
	require.NoError(t, s.SetInfo(within(t), []byte(`{"a":1}`)))
	require.NoError(t, s.SetOpen(within(t), true))
	require.NoError(t, s.Kick(within(t), "bob", nil))
	err := s.SetOpen(within(t), false)
	var refused *signaling.RequestError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, "denied", refused.Reason)
	require.EqualError(t, err, "the relay refused RELAY_DOOR: denied")
}

func TestWishesAreSaidFirstAfterAResume(t *testing.T) {
	s := dialV1(t, visit(t, "v1-wishes", asServer), nil)
	require.NoError(t, s.SetInfo(within(t), []byte(`{"a":1}`)))
	require.NoError(t, s.SetInfo(within(t), []byte(`{"a":2}`)))
	require.NoError(t, s.Kick(within(t), "ada", nil))
	require.NoError(t, s.Kick(within(t), "again", nil), "the connection is lost before the answer")
	next(t, s, signaling.Connected)
	require.NoError(t, s.Send(within(t), "ada", "later", []byte("1")))
	var asked []string
	for len(asked) < 5 {
		asked = append(asked, strings.Trim(string(next(t, s, signaling.Delivered).Message), `"`))
	}
	require.Equal(t, []string{`RELAY_INFO {\"a\":2}`, "RELAY_KICK ada", "RELAY_KICK again"}, asked[:3])
	require.ElementsMatch(t, []string{"RELAY_KICK ada", "later "}, asked[3:], "ada has slipped in and is sent away again")
}

// TestAKickIsRepeatedWithItsMark (P7): the relay has forgotten what the client's source was.
func TestAKickIsRepeatedWithItsMark(t *testing.T) {
	s := dialV1(t, visit(t, "v1-wishes", asServer), nil)
	require.NoError(t, s.Kick(within(t), "bob", &signaling.KickOptions{By: signaling.BySource}))
	require.NoError(t, s.Kick(within(t), "again", nil), "the connection is lost before the answer")
	next(t, s, signaling.Connected)
	require.Equal(t, `"RELAY_KICK bobsource-mark"`, string(next(t, s, signaling.Delivered).Message))
}

func TestBaseRelayKnowsNoRequests(t *testing.T) {
	s := dial(t, "echo")
	require.False(t, s.Durable())
	require.ErrorIs(t, s.Kick(within(t), "ada", nil), signaling.ErrUnsupported)
}

func TestSendWaitsForTheConnection(t *testing.T) {
	s := dialV1(t, visit(t, "v1-once", asClient), nil)
	next(t, s, signaling.Lost)
	require.ErrorIs(t, s.SendFrame(within(t), protocol.AppendEnvelopeV1(nil, "other", "chat", []byte("1"), nil), false), signaling.ErrReconnecting)
	require.NoError(t, s.Send(within(t), "other", "chat", []byte("2")))
	require.Equal(t, "2", string(next(t, s, signaling.Delivered).Message))
}

func TestCloseWhileReconnecting(t *testing.T) {
	s := dialV1(t, visit(t, "v1-resume", asClient), nil)
	next(t, s, signaling.Lost)
	require.NoError(t, s.Close())
	require.ErrorIs(t, ends(t, s), signaling.ErrClosed)
	require.ErrorIs(t, s.Send(within(t), "other", "late", []byte("1")), signaling.ErrClosed)
}

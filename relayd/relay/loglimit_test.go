package relay_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/access"
	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/stretchr/testify/require"
)

// A ledger keeps what is logged at info and above.
type ledger struct {
	slog.Handler
	mu    sync.Mutex
	lines []map[string]string // guarded by mu
}

func newLedger() *ledger { return &ledger{Handler: slog.DiscardHandler} }

func (l *ledger) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelInfo }

func (l *ledger) Handle(_ context.Context, r slog.Record) error {
	line := map[string]string{"msg": r.Message}
	r.Attrs(func(a slog.Attr) bool { line[a.Key] = a.Value.String(); return true })
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, line)
	return nil
}

// takes returns the lines since it was last called.
func (l *ledger) takes() (lines []map[string]string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	lines, l.lines = l.lines, nil
	return lines
}

// TestOneLineForARoomThatEnds: however many clients a server leaves behind, whether it has
// left, is away, or does not come back.
func TestOneLineForARoomThatEnds(t *testing.T) {
	const clients = 50 // fewer than the limit of lines lets through
	for name, c := range map[string]struct {
		ends func(w *world, server *v1)
		base bool
		code protocol.Code
		line map[string]string
	}{
		"it leaves":           {func(_ *world, server *v1) { _ = server.Close(1000, "") }, false, protocol.CodeServerGone, map[string]string{"code": "4501"}},
		"its window is over":  {func(_ *world, server *v1) { server.cut() }, false, protocol.CodeServerAway, map[string]string{"code": "4005"}},
		"it leaves base ones": {func(_ *world, server *v1) { server.cut() }, true, protocol.CodeServerAway, map[string]string{"code": "4005"}},
		"the operator closes it": {func(w *world, _ *v1) {
			_ = w.CloseRoom(w.Rooms()[0].Room)
		}, false, protocol.CodeServerGone, map[string]string{"code": "4501"}},
	} {
		t.Run(name, func(t *testing.T) {
			log := newLedger()
			w := newWorld(t, relay.Config{Log: slog.New(log), Window: 300 * time.Millisecond})
			server := w.v1Server()
			var all []*peer
			for range clients {
				if c.base {
					all = append(all, w.client(server.peer))
				} else {
					all = append(all, w.v1Client(server.peer).peer)
				}
			}
			c.ends(w, server)
			for _, p := range all {
				p.wantsClose(c.code)
			}
			w.eventually("all are off", func(s relay.Stats) bool { return s.Sessions == 0 })
			lines := slices.DeleteFunc(log.takes(), func(line map[string]string) bool { return line["role"] == "server" })
			require.Equal(t, 1, len(lines), "lines")
			require.Equal(t, "50", lines[0]["clients"])
			require.Equal(t, c.line["code"], lines[0]["code"])
			require.NotEmpty(t, lines[0]["room"])
		})
	}
}

// TestLinesThatPeersCauseAreLimited: of each kind so many, and then how many were left out.
func TestLinesThatPeersCauseAreLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := newLedger()
		r := relay.New(relay.Config{Log: slog.New(log)})
		defer func() { require.NoError(t, r.Shutdown(t.Context())) }()
		refuse := func(times int) {
			for range times {
				request := httptest.NewRequest("GET", "/server", nil)
				request.Header = handshakeHeader(t, "Origin: https://elsewhere.example")
				answer := httptest.NewRecorder()
				r.ServeHTTP(answer, request)
				require.Equal(t, http.StatusForbidden, answer.Code)
			}
		}

		refuse(5000)
		written := len(log.takes())
		require.LessOrEqual(t, written, 100)
		require.GreaterOrEqual(t, written, 50, "a few are shown")
		time.Sleep(11 * time.Second)
		require.Equal(t, []map[string]string{{"msg": "lines left out", "kind": "refused", "count": "4900"}}, log.takes())

		time.Sleep(time.Minute)
		require.Empty(t, log.takes(), "it is said once")
		refuse(1)
		require.Len(t, log.takes(), 1, "the limit is over")
		refuse(200)
		require.NoError(t, r.Shutdown(t.Context()))
		lines := log.takes()
		require.Equal(t, map[string]string{"msg": "lines left out", "kind": "refused", "count": "101"}, lines[len(lines)-1], "it is said before the end")
	})
}

// TestWhatAnotherLineSaysIsNotSaidAgain: a refused secret has one line at info. Peers that a
// relay closes or refuses during shutdown have none.
func TestWhatAnotherLineSaysIsNotSaidAgain(t *testing.T) {
	log := newLedger()
	w := newWorld(t, relay.Config{Log: slog.New(log), Settings: relay.Settings{Authorize: func(_ context.Context, r access.Request) (access.Grant, error) {
		if string(r.Secret) != "open sesame" {
			return access.Grant{}, errors.New("wrong passphrase")
		}
		return access.Grant{}, nil
	}}})
	w.with("a guess", "/server", "").wantsClose(protocol.CodeAccessRefused)
	w.eventually("it is off", func(s relay.Stats) bool { return s.Sessions == 0 })
	w.entersWith("open sesame", "/server", "")
	require.NoError(t, w.Shutdown(t.Context()))
	var said []string
	for _, line := range log.takes() {
		said = append(said, line["msg"])
	}
	require.Equal(t, []string{"not authorized"}, said)
}

package relay_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/edge"
	"github.com/sebas642/intercessor/relayd/quota"
	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/stretchr/testify/require"
)

// counted are proxies that these tests do not use, so that loopback counts as a source.
func counted(t testing.TB) edge.Proxies {
	t.Helper()
	proxies, err := edge.NewProxies([]string{"10.0.0.0/8"}, edge.XForwardedFor)
	require.NoError(t, err)
	return proxies
}

// strangers maps each reason for not finding a room to a way to cause it.
func (w *world) strangers() map[string]string {
	w.t.Helper()
	closed, full, gone := w.joinV1("/server", "", 0), w.joinV1("/server", "", 0), w.server()
	closed.asks("RELAY_DOOR", `{"request":1,"closed":true}`, `{"request":1}`)
	w.client(full.peer)
	w.Relay.Fill(protocol.ID(full.id))
	client := w.client(w.server())
	sessions := w.Stats().Sessions
	require.NoError(w.t, gone.Close(websocket.StatusNormalClosure, ""))
	w.eventually("it is gone", func(s relay.Stats) bool { return s.Sessions < sessions })
	return map[string]string{
		"unknown": "00000000-0000-4000-8000-000000000000", "closed": closed.id, "full": full.id, "gone": gone.id,
		"a client's": client.id, "malformed": "A%20B", "long": strings.Repeat("a", 500), "the relay's": "0", "no ID": "%20-",
		"another spelling": strings.ReplaceAll(strings.ToUpper(closed.id), "-", "%20"),
	}
}

// TestB5AllMissesAreOne: for every reason that keeps a stranger out of a room, the bytes of the
// answer are the same (threat 4): while it may guess, when it may not, and while servers may
// come back.
func TestB5AllMissesAreOne(t *testing.T) {
	for _, c := range []struct {
		name   string
		config relay.Config
		code   protocol.Code
		before int // wrong guesses
	}{
		{"at first", relay.Config{}, protocol.CodeNoSuchServer, 0},
		{"beyond the bound of all", relay.Config{Settings: relay.Settings{WrongOfAll: quota.Rate{Count: 1, Within: time.Hour}}}, protocol.CodeNoSuchServer, 1},
		{"beyond the bound of a source", relay.Config{Proxies: counted(t), Settings: relay.Settings{WrongOfSource: quota.Rate{Count: 1, Within: 30 * time.Second}}}, protocol.CodeOverloaded, 1},
		{"after a start", relay.Config{Returning: true, Proxies: counted(t), Settings: relay.Settings{WrongOfSource: quota.Rate{Count: 1, Within: time.Hour}}}, protocol.CodeServerAway, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, c.config)
			rooms := w.strangers()
			if c.code == protocol.CodeOverloaded {
				rooms["that is open"] = w.server().id // nor is a right guess told from a wrong one
			}
			for range c.before {
				w.everything("/client/x", "")
			}
			var mu sync.Mutex
			var asking sync.WaitGroup
			answers := map[string][]string{}
			for name, id := range rooms {
				asking.Go(func() {
					answer := seconds.ReplaceAllString(w.everything("/client/"+id, ""), "(N s)")
					mu.Lock()
					defer mu.Unlock()
					answers[answer] = append(answers[answer], name)
				})
			}
			asking.Wait()
			require.Len(t, answers, 1, "%q", answers)
			for answer := range answers {
				head, close, _ := strings.Cut(answer, "\r\n\r\n")
				require.True(t, strings.HasPrefix(head, "HTTP/1.1 101 "))
				require.Equal(t, byte(0x88), close[0])
				require.Equal(t, c.code, protocol.Code(close[2])<<8|protocol.Code(close[3]))
			}
		})
	}
}

var seconds = regexp.MustCompile(`\(\d+ s\)`)

// guessAll asks for rooms as fast as possible from one address, and returns the codes.
func (w *world) guessAll(n int) map[protocol.Code]int {
	w.t.Helper()
	codes := map[protocol.Code]int{}
	for i := range n {
		close := w.everything(fmt.Sprintf("/client/no-such-%d", i), "")
		close = close[strings.Index(close, "\r\n\r\n")+4:]
		codes[protocol.Code(close[2])<<8|protocol.Code(close[3])]++
	}
	return codes
}

// TestB53WhoGuessesWaits: after too many wrong guesses a source waits before each guess, also a
// right one, and then comes in.
func TestB53WhoGuessesWaits(t *testing.T) {
	const each = 500 * time.Millisecond
	w := newWorld(t, relay.Config{Proxies: counted(t), Settings: relay.Settings{WrongOfSource: quota.Rate{Count: 10, Within: 10 * each}}})
	server := w.joinV1("/server", "", 0)
	begin := time.Now()
	require.Equal(t, map[protocol.Code]int{protocol.CodeNoSuchServer: 11}, w.guessAll(11))
	require.GreaterOrEqual(t, time.Since(begin), each, "the eleventh waits")
	w.client(server.peer)
	require.GreaterOrEqual(t, time.Since(begin), 2*each, "so does a right one, which comes in")
}

// TestB53EveryMissCosts a guess, also at a room that is closed or full. Otherwise a stranger
// could guess for free (threats 2 and 4).
func TestB53EveryMissCosts(t *testing.T) {
	for name := range newWorld(t, relay.Config{}).strangers() {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, relay.Config{Proxies: counted(t), Settings: relay.Settings{WrongOfSource: quota.Rate{Count: 1, Within: time.Hour}}})
			miss, open := w.strangers()[name], w.server()
			w.client(open) // a right one costs nothing
			w.knock("/client/"+miss, 0).wantsClose(protocol.CodeNoSuchServer)
			w.knock("/client/"+open.id, 0).mustWait()
		})
	}
}

// TestB53ATokenIsNoGuess: a source that may not guess for an hour can resume.
func TestB53ATokenIsNoGuess(t *testing.T) {
	w := newWorld(t, relay.Config{Proxies: counted(t), Settings: relay.Settings{WrongOfSource: quota.Rate{Count: 1, Within: time.Hour}}})
	server := w.joinV1("/server", "", 0)
	known := w.joinV1("/client/"+server.id, "", 0)
	w.guessAll(1)
	w.knock("/client/"+server.id, 0).mustWait()
	known.cut()
	w.again(known)
}

// TestB53RightGuessesAreFree, and so is to ask for a room whose server is away.
func TestB53RightGuessesAreFree(t *testing.T) {
	w := newWorld(t, relay.Config{Proxies: counted(t), Settings: relay.Settings{WrongOfSource: quota.Rate{Count: 1, Within: time.Hour}}})
	server := w.joinV1("/server", "", 0)
	for range 20 {
		w.client(server.peer)
	}
	away := w.joinV1("/server", "", 0)
	away.cut()
	for range 20 {
		w.knock("/client/"+away.id, 0).wantsClose(protocol.CodeServerAway)
	}
	w.knock("/client/x", 0).wantsClose(protocol.CodeNoSuchServer)
	_, _, err := w.knock("/client/"+server.id, 0).Read(t.Context())
	require.Equal(t, protocol.CodeOverloaded, protocol.Code(websocket.CloseStatus(err)))
	require.Regexp(t, ` \((3600|359\d) s\)"?$`, err.Error(), "R12")

	require.NoError(t, w.Reload(relay.Settings{WrongOfSource: quota.Rate{Count: 1000, Within: time.Hour}}))
	w.client(server.peer)
}

// TestB53AllTogether: beyond the bound of all, a wrong guess waits for its answer and a right
// one does not; and so many wait at once, and no more.
func TestB53AllTogether(t *testing.T) {
	w := newWorld(t, relay.Config{Settings: relay.Settings{WrongOfAll: quota.Rate{Count: 1, Within: time.Hour}}})
	server := w.server()
	w.knock("/client/x", 0).wantsClose(protocol.CodeNoSuchServer)
	soon(t, time.Second, "a right guess", func() { w.client(server) })
	begin := time.Now()
	w.knock("/client/x", 0).wantsClose(protocol.CodeNoSuchServer)
	require.GreaterOrEqual(t, time.Since(begin), time.Second)

	w.Relay.Guessing(1000)
	soon(t, time.Second, "a wrong guess while a thousand others wait", func() {
		w.knock("/client/x", 0).wantsClose(protocol.CodeNoSuchServer)
	})
	w.Relay.Guessing(-1000)
}

// TestB53WhoWaitsIsSentAwayWithAll others at shutdown, with their code, and not with the final
// code of a wrong guess.
func TestB53WhoWaitsIsSentAwayWithAll(t *testing.T) {
	for _, config := range []relay.Config{
		{Settings: relay.Settings{WrongOfAll: quota.Rate{Count: 1, Within: time.Hour}}},
		{Proxies: counted(t), Settings: relay.Settings{WrongOfSource: quota.Rate{Count: 1, Within: 9 * time.Second}}},
	} {
		answer, within := newWorld(t, config).guessAtShutdown()
		for range 10 {
			if within < time.Second { // the shorter one of the two waits was not over
				break
			}
			answer, within = newWorld(t, config).guessAtShutdown()
		}
		require.Less(t, within, time.Second, "this machine is too slow to show it")
		require.Equal(t, protocol.CodeRestarting, answer)
	}
}

// guessAtShutdown returns the answer to a wrong guess that waits at shutdown, and how long that
// took.
func (w *world) guessAtShutdown() (answer protocol.Code, within time.Duration) {
	w.t.Helper()
	w.knock("/client/x", 0).wantsClose(protocol.CodeNoSuchServer)
	begin := time.Now()
	var asking sync.WaitGroup
	asking.Go(func() {
		_, _, err := w.knock("/client/x", 0).Read(w.t.Context())
		answer, within = protocol.Code(websocket.CloseStatus(err)), time.Since(begin)
	})
	for w.Relay.Guessing(0) == 0 && time.Since(begin) < patience {
		runtime.Gosched()
	}
	require.NoError(w.t, w.Shutdown(w.t.Context()))
	asking.Wait()
	return answer, within
}

// BenchmarkMiss measures the time of the answer for each reason that a room is not open, because
// a difference would reveal the reason (threat 4).
func BenchmarkMiss(b *testing.B) {
	w := newWorld(b, relay.Config{Settings: relay.Settings{WrongOfAll: quota.Rate{Count: 1_000_000, Within: time.Second}}})
	for name, id := range w.strangers() {
		request := []byte(handshake("/client/" + id))
		b.Run(strings.ReplaceAll(name, " ", "-"), func(b *testing.B) {
			answer := make([]byte, 4096)
			for b.Loop() {
				b.StopTimer()
				conn, err := net.Dial("tcp", strings.TrimPrefix(w.url, "ws://"))
				require.NoError(b, err)
				b.StartTimer()
				_, err = conn.Write(request)
				require.NoError(b, err)
				for n := 0; !bytes.Contains(answer[:n], []byte("\r\n\r\n\x88")); {
					more, err := conn.Read(answer[n:])
					n += more
					if err == io.EOF {
						break
					}
					require.NoError(b, err)
				}
				b.StopTimer()
				_ = conn.Close()
				b.StartTimer()
			}
		})
	}
}

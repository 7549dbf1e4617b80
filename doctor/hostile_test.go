package doctor_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/doctor"
)

// patience bounds an examination of a server that does what it can to hold it up.
const patience = time.Minute

// examine examines a server that means no good, and requires that what the doctor prints is safe.
func examine(t *testing.T, handler http.HandlerFunc) *doctor.Report {
	t.Helper()
	var handling sync.WaitGroup // the server does not wait for those that took over their connection
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handling.Add(1)
		defer handling.Done()
		handler(w, r)
	}))
	t.Cleanup(handling.Wait)
	t.Cleanup(server.Close)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	report, err := doctor.Run(ctx, doctor.Config{URL: server.URL})
	require.NoError(t, err)
	require.Equal(t, 1, report.Exit())
	for _, step := range report.Steps {
		for _, text := range []string{step.Facts, step.Cause, step.Advice} {
			require.NotContains(t, text, "�")
			require.Less(t, len(text), 2000)
			for _, r := range text {
				require.True(t, unicode.IsPrint(r), "%q", text)
			}
		}
	}
	return report
}

func TestAnAnswerWithControlCharacters(t *testing.T) {
	t.Parallel()
	report := examine(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Server", "evil \u202e")
		_, _ = io.WriteString(w, "\x1b]0;title\a"+strings.Repeat("x", 100_000))
	})
	require.Contains(t, report.Steps[2].Cause, "something other than a relay answers")
}

// relayThat answers as a relay, and then does something with the WebSocket.
func relayThat(does func(context.Context, *websocket.Conn)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") == "" {
			w.WriteHeader(http.StatusUpgradeRequired)
			return
		}
		conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"intercessor.v1"}, InsecureSkipVerify: true})
		if err != nil {
			return
		}
		ctx, cancel := context.WithCancel(context.Background())
		read := make(chan struct{})
		go func() {
			defer close(read)
			defer cancel()
			for {
				if _, _, err := conn.Read(context.Background()); err != nil {
					return
				}
			}
		}()
		does(ctx, conn)
		_ = conn.CloseNow()
		<-read
	}
}

func TestARelayThatMisbehaves(t *testing.T) {
	t.Parallel()
	say := func(texts ...string) func(context.Context, *websocket.Conn) {
		return func(ctx context.Context, conn *websocket.Conn) {
			for _, text := range texts {
				_ = conn.Write(ctx, websocket.MessageText, []byte(text))
			}
			<-ctx.Done()
		}
	}
	hello := func(ice string) string {
		return `{"from":"0","type":"HELLO","message":{"id":"a","resume":"x","iceServers":` + ice + `}}`
	}
	for name, does := range map[string]func(context.Context, *websocket.Conn){
		"says nothing":               say(),
		"says nonsense":              say("\x1b[2J"),
		"says another message first": say(`{"from":"0","type":"PEER_GONE","message":{"id":"a"}}`),
		"says too much":              say(strings.Repeat("x", 1<<20)),
		"closes with nonsense":       func(_ context.Context, conn *websocket.Conn) { _ = conn.Close(4999, "\x1b[2J") },
		"has bad ICE servers":        say(hello(`[{"urls":7}]`)),
		"has strange ICE servers":    say(hello(`[{"urls":["turn:\u001b[2J:1","turn:127.0.0.1:1","x"]}]`)),
		"never stops": func(ctx context.Context, conn *websocket.Conn) {
			_ = conn.Write(ctx, websocket.MessageText, []byte(hello("[]")))
			for conn.Write(ctx, websocket.MessageText, []byte(`{"from":"b","type":"x","message":1}`)) == nil {
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			examine(t, relayThat(does))
		})
	}
}

// TestATURNServerThatMisbehaves: each answer ends the step, and within its time.
func TestATURNServerThatMisbehaves(t *testing.T) {
	t.Parallel()
	for name, answers := range map[string]func(request []byte) []byte{
		"nothing":               func([]byte) []byte { return nil },
		"HTTP":                  func([]byte) []byte { return []byte("HTTP/1.1 400 Bad Request\r\n\r\n") },
		"its own words":         func(request []byte) []byte { return request },
		"a realm for ever":      doctor.Greeting,
		"a message without end": func(r []byte) []byte { return append([]byte{1, 3, 0xff, 0xfc}, bytes.Repeat(r[4:20], 9000)...) },
	} {
		for _, network := range []string{"udp", "tcp"} {
			t.Run(name+" over "+network, func(t *testing.T) {
				t.Parallel()
				client, server := net.Pipe()
				ended := make(chan struct{})
				go func() {
					defer close(ended)
					request := make([]byte, 4096)
					for {
						n, err := server.Read(request)
						if err != nil {
							return
						}
						if answer := answers(request[:n]); answer != nil {
							_, _ = server.Write(answer)
						}
					}
				}()
				ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
				defer cancel()
				require.Error(t, doctor.AskTURN(ctx, client, network == "tcp"))
				require.NoError(t, server.Close())
				<-ended
			})
		}
	}
}

// TestATURNServerThatDoesNotRead does not hold the doctor up.
func TestATURNServerThatDoesNotRead(t *testing.T) {
	t.Parallel()
	client, server := net.Pipe()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	require.Error(t, doctor.AskTURN(ctx, client, true))
	require.NoError(t, server.Close())
}

// FuzzTURN: whatever a TURN server answers, the doctor comes to an end.
func FuzzTURN(f *testing.F) {
	f.Add([]byte("HTTP/1.1 400 Bad Request\r\n\r\n"), true)
	f.Add([]byte{1, 0x13, 0, 0, 0x21, 0x12, 0xa4, 0x42, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, true)
	f.Add([]byte{1, 3, 0, 4, 0x21, 0x12, 0xa4, 0x42, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0}, false)
	f.Fuzz(func(t *testing.T, answer []byte, stream bool) {
		client, server := net.Pipe()
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			_, _ = server.Read(make([]byte, 4096)) // the request
			_, _ = server.Write(answer)
			_ = server.Close()
		}()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		require.Error(t, doctor.AskTURN(ctx, client, stream))
		<-ended
	})
}

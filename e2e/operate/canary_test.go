package operate_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/rawpeer"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/protocol"
)

// canaries are the secrets of one run, by what each is.
type canaries map[string]string

// wantsNone looks for every secret, also as it stands in a URL.
func (c canaries) wantsNone(t *testing.T, where, text string) {
	t.Helper()
	for what, secret := range c {
		require.NotEmpty(t, secret, what)
		require.False(t, strings.Contains(text, secret) || strings.Contains(text, url.PathEscape(secret)), "%s has %s (%s):\n%s", where, what, secret, lineWith(text, secret))
	}
}

func lineWith(text, secret string) string {
	for line := range strings.Lines(text) {
		if strings.Contains(line, secret) {
			return line
		}
	}
	return ""
}

// forged is what would be a line of its own in a log that does not escape.
const forged = "\n{\"msg\":\"forgery\"}\x1b[31m"

// TestNoSecretInAnyOutput: room IDs, tokens and messages go through use and abuse at the
// level debug, and stand in nothing that an operator or a stranger reads (threats, rows 46 and 47).
func TestNoSecretInAnyOutput(t *testing.T) {
	t.Parallel()
	relay, admin, token := startAdmin(t, "--log-level", "debug")
	secrets := canaries{"the admin token": token, "a message": "canary-message", "a type": "CANARY-TYPE", "a room that is not": "canary-room", "a query": "canary-query",
		"a forged token": "canary-token", "a close reason": "canary-reason", "a user agent": "canary-agent", "a cookie": "canary-cookie", "a path": "canary-path", "a wrong bearer": "canary-bearer", "a forged line": "forgery"}

	// Normal use.
	v1 := "Sec-WebSocket-Protocol: intercessor.v1"
	server, resume := joins(t, relay, "/server", v1)
	client, clientResume := joins(t, relay, "/client/"+server.ID+"?token=canary-query", v1, "User-Agent: canary-agent", "Cookie: a=canary-cookie")
	base := rawpeer.Join(t, relay.Addr, "/client/"+server.ID)
	secrets["a room's ID"], secrets["a client's ID"], secrets["a base client's ID"] = server.ID, client.ID, base.ID
	secrets["a resume token"], secrets["a client's resume token"] = resume, clientResume
	client.Text(`{"to":%q,"type":"CANARY-TYPE","message":"canary-message"}`, server.ID)
	for server.Delivery().Type != "CANARY-TYPE" {
	}
	client.Text(`{"to":"canary-room","type":"CANARY-TYPE","message":"canary-message"}`)

	// Faults of peers, each of which ends a connection.
	for _, text := range []string{
		`{"to":"x","type":"CANARY-TYPE","message":"canary-message","from":"canary-room"}`,
		`{"to":"x","type":"CANARY-TYPE","message":"canary-message"`,
		`{"to":"x","type":"PEER_canary-path","message":"canary-message"}`,
		`{"to":"x","to":"canary-room","type":"CANARY-TYPE","message":"canary-message"}`,
		`{"to":"` + strings.Repeat("canary-room", 30) + `","type":"\u0000canary-path","message":1}`,
		"canary-message", "\xff canary-message", strings.Repeat("[", 100) + "canary-message",
	} {
		p := rawpeer.Join(t, relay.Addr, "/server")
		p.Write(rawpeer.Frame(true, rawpeer.OpText, text))
		p.Drain()
	}
	for _, odd := range []string{rawpeer.Frame(true, rawpeer.OpBinary, "canary-message"), rawpeer.Frame(true, 0x7, "canary-message"), rawpeer.Frame(true, rawpeer.OpClose, "\x0b\xb8canary-reason"), rawpeer.Frame(true, rawpeer.OpClose, "\x0b\xb8canary-reason"+forged)} {
		p := rawpeer.Join(t, relay.Addr, "/server")
		p.Write(odd)
		p.Drain()
	}
	// Faults of strangers.
	for _, credential := range []string{"1.canary-token", "canary-token", "1." + resume + "canary-token"} {
		rawpeer.Knock(t, relay.Addr, "/server", v1, "Authorization: Bearer "+credential).Drain()
		rawpeer.Knock(t, relay.Addr, "/client/canary-room", "Sec-WebSocket-Protocol: intercessor.v1, "+protocol.ResumePrefix+credential).Drain()
	}
	for _, path := range []string{"/client/canary-room", "/client/canary-room%0a%7b%22msg%22%3a%22forgery%22%7d", "/client/%1b[31mcanary-room"} {
		rawpeer.Knock(t, relay.Addr, path).Drain()
	}
	var headers strings.Builder
	for _, request := range []string{
		rawpeer.Handshake("/server", "Origin: http://canary-path.example"),
		"GET /canary-path?token=canary-query HTTP/1.1\r\nHost: x\r\nCookie: canary-cookie\r\n\r\n",
		"GET /client/canary-room HTTP/1.1\r\nHost: x\r\n\r\n",
		"POST /client/canary-room HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nContent-Length: 14\r\n\r\ncanary-message",
		"GET /canary-path\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: x\r\ncanary-cookie\r\n\r\n",
		"canary-path\r\n\r\n",
		"\x16\x03\x01canary-message",
	} {
		p := rawpeer.TCP(t, relay.Addr)
		p.Write(request)
		_ = p.Conn.(interface{ CloseWrite() error }).CloseWrite()
		answer, _ := io.ReadAll(p.Reader)
		headers.Write(answer)
	}
	// Faults of operators.
	operator := func(method, path, bearer string) string {
		response, body := ask(t, http.DefaultClient, method, admin+path, bearer)
		require.Equal(t, "no-referrer", response.Header.Get("Referrer-Policy"))
		return fmt.Sprint(response.Header, body)
	}
	for _, path := range []string{"/metrics", "/status.json", "/api/rooms", "/api/rooms/" + server.ID, "/", "/debug/pprof/goroutine?debug=1", "/debug/pprof/goroutine?debug=2", "/debug/pprof/heap?debug=1", "/debug/pprof/cmdline"} {
		secrets.wantsNone(t, "the admin listener's "+path, operator("GET", path, token))
	}
	secrets.wantsNone(t, "an answer to a wrong token", operator("GET", "/metrics", "canary-bearer"))
	secrets.wantsNone(t, "an answer to a wrong deed", operator("POST", "/api/rooms/"+server.ID+"/close", token)+operator("POST", "/api/peers/canary-room/kick", token))

	for _, path := range []string{"/", "/sdk/", "/canary-path"} {
		response, err := http.Get(relay.HTTP + path)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, "no-referrer", response.Header.Get("Referrer-Policy"), path)
	}
	secrets.wantsNone(t, "an answer to a stranger", headers.String())

	// A reload, the drain, and the runtime's own dump of every stack, as a panic prints it.
	relay.Signal(syscall.SIGHUP)
	log := relay.Logs()
	for line := range strings.Lines(log) {
		require.True(t, json.Valid([]byte(line)), "one record is one line: %q", line)
	}
	for _, said := range []string{`"joined"`, `"left"`, `"closed by the relay"`, `"refused"`} {
		require.Contains(t, log, said, "the level is debug")
	}
	relay.Signal(syscall.SIGQUIT)
	relay.Exit(patience.Max)
	require.Contains(t, relay.Logs(), "SIGQUIT: quit")
	secrets.wantsNone(t, "what relayd prints", relay.Logs())
}

// joins connects a peer of v1 and gives its resume token too.
func joins(t testing.TB, relay *relayproc.Relay, path string, headers ...string) (p *rawpeer.Peer, resume string) {
	t.Helper()
	p = rawpeer.Knock(t, relay.Addr, path, headers...)
	hello := p.Delivery()
	var body struct{ ID, Resume string }
	require.NoError(t, json.Unmarshal(hello.Message, &body))
	p.ID = body.ID
	return p, body.Resume
}

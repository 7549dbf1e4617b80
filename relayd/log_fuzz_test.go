package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sebas642/intercessor/relayd/access"
	"github.com/sebas642/intercessor/relayd/edge"
	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/stretchr/testify/require"
)

// page is a log that many write and one reads.
type page struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (p *page) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(b)
}

// turn gives what stands there and begins anew.
func (p *page) turn() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	defer p.text.Reset()
	return p.text.String()
}

// counted counts the records on their way to a handler.
type counted struct {
	slog.Handler
	mu      *sync.Mutex
	records *int
}

func (c counted) Handle(ctx context.Context, r slog.Record) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	*c.records++
	return c.Handler.Handle(ctx, r)
}

// textRecord is a line of slog's text: keys that are words, values that are quoted or hold
// nothing that would have to be.
var textRecord = regexp.MustCompile(`^time=\S+ level=[A-Z]+ msg=("(\\.|[^"\\])*"|[^"\s=]+)( [a-z]+=("(\\.|[^"\\])*"|[^"\s=]*))*$`)

// unescaped is what stands in no line: control characters and line separators, and in text
// bidirectional controls. slog's JSON has those as they came, as JSON may.
var unescaped = map[string]string{
	"json": `[\x00-\x08\x0b-\x1f\x7f\x{2028}\x{2029}]`,
	"text": `[\x00-\x08\x0b-\x1f\x7f\x{2028}\x{2029}\x{202a}-\x{202e}\x{2066}-\x{2069}]`,
}

// FuzzLog: whatever a client and the application's backend say, one record is one line that
// can be read by a program.
func FuzzLog(f *testing.F) {
	for _, seed := range [][6]string{
		{"", "", "", "", "", ""},
		{"a\nlevel=ERROR msg=forged", "Mozilla\x1b[2J", "https://evil.example\r", "203.0.113.9\n", "bye\nnow", "no\r\n"},
		{`","level":"ERROR","msg":"`, `\"`, "null", `for="\n"`, `\`, "\xff\x00\u2028\u202e"},
		{"%0a", "=", "http://h", "203.0.113.9", "a=b c", `why="x" level=ERROR`},
	} {
		f.Add(seed[0], seed[1], seed[2], seed[3], seed[4], seed[5])
	}
	proxies, err := edge.NewProxies([]string{"127.0.0.0/8"}, edge.XForwardedFor)
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, id, agent, origin, forwarded, reason, refusal string) {
		for _, format := range []string{"json", "text"} {
			out, records, mu := new(page), 0, new(sync.Mutex)
			log := slog.New(counted{newLog(out, format, slog.LevelDebug).Handler(), mu, &records})
			refuses := relay.New(relay.Config{Log: log, Proxies: proxies, Settings: relay.Settings{Authorize: func(context.Context, access.Request) (access.Grant, error) {
				return access.Grant{}, errors.New(refusal)
			}}})
			admits := relay.New(relay.Config{Log: log, Proxies: proxies})
			for _, r := range []*relay.Relay{refuses, admits} {
				server := httptest.NewServer(r)
				for _, path := range []string{"/server", "/client/" + url.PathEscape(id)} {
					visit(t, server.Listener.Addr().String(), path, reason, "Origin: "+origin, "X-Forwarded-For: "+forwarded, "User-Agent: "+agent)
					visit(t, server.Listener.Addr().String(), path, reason, "X-Forwarded-For: "+forwarded, "User-Agent: "+agent)
					visit(t, server.Listener.Addr().String(), path, reason)
				}
				require.NoError(t, r.Shutdown(t.Context()))
				server.Close()
			}
			text := out.turn()
			lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
			require.Positive(t, records)
			require.Len(t, lines, records, "%q", text)
			for _, line := range lines {
				if format == "text" {
					require.Regexp(t, textRecord, line)
				} else {
					require.True(t, json.Valid([]byte(line)), "%q", line)
				}
				require.NotRegexp(t, unescaped[format], line)
			}
		}
	})
}

// visit knocks as far as its headers let it, and says goodbye in its own words.
func visit(t *testing.T, address, path, reason string, headers ...string) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.SetDeadline(time.Now().Add(time.Minute)))
	request := "GET " + path + " HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	for _, header := range headers {
		request += header + "\r\n" // and if that is two lines, so be it
	}
	reason = reason[:min(len(reason), 100)]
	goodbye := string([]byte{0x88, 0x80 | byte(2+len(reason)), 0, 0, 0, 0, 0x0f, 0xa0}) + reason
	_, _ = io.WriteString(conn, request+"\r\n"+goodbye)
	_ = conn.(*net.TCPConn).CloseWrite()
	_, _ = io.Copy(io.Discard, bufio.NewReader(conn))
	_ = conn.(*net.TCPConn).SetLinger(0)
}

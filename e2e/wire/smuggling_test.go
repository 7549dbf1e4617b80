package wire_test

import (
	"fmt"
	"io"
	"net"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/rawpeer"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/protocol"
)

var statusLine = regexp.MustCompile(`HTTP/1\.1 (\d{3})`)

// TestNothingIsSmuggled: what stands in or behind a request is never taken for another one
// by relayd and for something else by a proxy before it. The statuses are all that it
// answers until the peer has sent everything and relayd has hung up.
func TestNothingIsSmuggled(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	others := rawpeer.Meet(t, relay.Addr)
	good, page := rawpeer.Handshake("/server"), "GET /favicon.svg HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
	header := good[:len(good)-2]
	for _, c := range []struct {
		name, sends string
		statuses    string
	}{
		{"a request and a handshake", page + good, "200 101"},
		{"a request that is refused and a handshake", rawpeer.Handshake("/nowhere") + good, "404 101"},
		{"a handshake and a request", good + page, "101"},
		{"a handshake and a handshake", good + good, "101"},
		{"Upgrade twice", header + "Upgrade: websocket\r\n\r\n", "101"},
		{"Upgrade to something else too", header + "Upgrade: h2c\r\n\r\n", "101"},
		{"Connection twice", header + "Connection: keep-alive\r\n\r\n", "101"},
		{"Upgrade to HTTP/2", "GET /server HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n", "426"},
		{"the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00", "400"},
		{"a handshake in a body", header + lengthOf(good) + "\r\n" + good, "400"},
		{"a handshake in a chunk", header + "Transfer-Encoding: chunked\r\n\r\n" + chunk(good) + "0\r\n\r\n", "400"},
		{"a length and chunks", header + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk(good) + "0\r\n\r\n", "400"},
		{"chunks that are not", header + "Transfer-Encoding: xchunked\r\n\r\n" + good, "501"},
		{"two encodings", header + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n" + good, "501"},
		{"two lengths", header + "Content-Length: 0\r\nContent-Length: 4\r\n\r\n" + good, "400"},
		{"a length with a sign", header + "Content-Length: +4\r\n\r\n" + good, "400"},
		{"a length that is none", header + "Content-Length: 4 4\r\n\r\n" + good, "400"},
		{"a space before the colon", header + "Content-Length : 4\r\n\r\n" + good, "400"},
		{"a header before its name", "GET /server HTTP/1.1\r\n Host: h\r\n\r\n" + good, "400"},
		{"NUL in a header", header + "X: a\x00b\r\n\r\n" + good, "400"},
		{"a lone line break in a header", header + "X: a\rUpgrade: h2c\r\n\r\n" + good, "400"},
		{"a Host with a path", strings.Replace(good, "Host: 127.0.0.1", "Host: 127.0.0.1/server", 1), "400"},
		{"a Host with a user", strings.Replace(good, "Host: 127.0.0.1", "Host: a@127.0.0.1", 1), "400"},
		{"Hosts with a comma", strings.Replace(good, "Host: 127.0.0.1", "Host: a b, c", 1), "400"},
		{"a tunnel, and a handshake in it", "CONNECT /server HTTP/1.1\r\nHost: h\r\n\r\n" + good, "426 101"}, // two requests, and no tunnel
		{"a later HTTP/1", strings.Replace(good, "HTTP/1.1", "HTTP/1.2", 1), "101"},                          // RFC 9110, section 2.5
		{"half a line of HTTP/0.9", "GET /server\r\n\r\n" + good, "400"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := rawpeer.TCP(t, relay.Addr)
			p.Write(c.sends)
			_ = p.Conn.(*net.TCPConn).CloseWrite()
			answers, err := io.ReadAll(p.Reader)
			var statuses []string
			for _, status := range statusLine.FindAllSubmatch(answers, -1) {
				statuses = append(statuses, string(status[1]))
			}
			require.Equal(t, c.statuses, strings.Join(statuses, " "), "%q, %v", answers, err)
		})
	}
	others.Talk()

	// What comes behind a handshake is frames, whatever it looks like.
	p := rawpeer.Knock(t, relay.Addr, "/server")
	p.Write(page)
	p.ExpectClose(protocol.CodeProtocolError)
}

func lengthOf(body string) string { return fmt.Sprintf("Content-Length: %d\r\n", len(body)) }

func chunk(data string) string { return fmt.Sprintf("%x\r\n%s\r\n", len(data), data) }

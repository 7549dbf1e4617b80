package wsconn

import (
	"bufio"
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const plainRequest = "GET /client/3f2b HTTP/1.1\r\nHost: relay.example.org:8000\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n" +
	"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

// browser is what Chromium adds.
const browser = "Pragma: no-cache\r\nCache-Control: no-cache\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\nOrigin: http://relay.example.org:8000\r\n" +
	"Accept-Encoding: gzip, deflate\r\nAccept-Language: en-US,en;q=0.9\r\nSec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n" +
	"Sec-WebSocket-Protocol: intercessor.v1, intercessor.resume.1.abc_-\r\n"

// TestUsualHandshakesAreParsedInPlace, so that they cost little.
func TestUsualHandshakesAreParsedInPlace(t *testing.T) {
	for _, text := range []string{plainRequest + "\r\n", plainRequest + browser + "\r\n", strings.Replace(plainRequest, "relay.example.org:8000", "[::1]", 1) + "\r\n\x81\x80"} {
		request, length := parseHandshake([]byte(text))
		require.NotNil(t, request, text)
		require.True(t, IsHandshake(request))
		status, why := check(request)
		require.Zero(t, status, why)
		require.Equal(t, strings.Index(text, "\r\n\r\n")+4, length)
	}
}

// FuzzHandshakeInPlace: what is parsed here, net/http parses as the same request of the same
// length.
func FuzzHandshakeInPlace(f *testing.F) {
	for _, seed := range []string{
		"\r\n", browser + "\r\n", "\r\n\x81\x80", "Content-Length: 0\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n", "Pragma: no-cache\r\n\r\n",
		"X: a\r\n b\r\n\r\n", "X : a\r\n\r\n", "X: \t a\t \r\n\r\n", "X: \x7f\r\n\r\n", "X: \xff\r\n\r\n", ": a\r\n\r\n", "x\r\n\r\n", "Host: b\r\n\r\n",
		"x-y: 1\r\nX-Y: 2\r\n\r\n", "Connection: close\r\n\r\n", "Trailer: X\r\n\r\n", "Expect: 100-continue\r\n\r\n", "X: a\nY: b\r\n\r\n", "X: a\r\r\n\r\n",
		"-: a\r\n\r\n", "1: a\r\n\r\n", "X:\r\n\r\n",
	} {
		f.Add([]byte(plainRequest + seed))
		f.Add([]byte(strings.Replace(plainRequest, "/client/3f2b", "//server", 1) + seed))
		f.Add([]byte(strings.Replace(plainRequest, "relay.example.org:8000", "::", 1) + seed))
	}
	f.Add([]byte("GET HTTP/1.1\r\nHost: h\r\n\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, length := parseHandshake(b)
		if got == nil {
			return
		}
		read := bufio.NewReader(bytes.NewReader(b))
		want, err := http.ReadRequest(read)
		require.NoError(t, err)
		require.Equal(t, want, got)
		require.Equal(t, read.Buffered(), len(b)-length)
	})
}

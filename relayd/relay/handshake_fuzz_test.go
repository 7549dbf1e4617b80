package relay_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/stretchr/testify/require"
)

// FuzzHandshakeAtTheSocket: for any first bytes of a connection the relay answers or closes it at
// once. It becomes a WebSocket only by a handshake of RFC 6455, section 4.2.1. Relay.Handshakes
// answers as net/http does.
func FuzzHandshakeAtTheSocket(f *testing.F) {
	good := strings.TrimSuffix(handshake("/server"), "\r\n")
	for _, seed := range []string{
		good + "\r\n", good + "\r\n" + masked(text, `{"to":"a","type":"x","message":1}`), good + "\r\n" + good + "\r\n",
		good + "Content-Length: 4\r\n\r\nGET ", good + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", good + "Upgrade: h2c\r\n\r\n",
		good + "Sec-WebSocket-Key: " + handshakeKey + "\r\n\r\n", strings.Replace(good, "Upgrade: w", "Upgrade : w", 1) + "\r\n",
		good + "Sec-WebSocket-Protocol: " + strings.Repeat(",", 3000) + "\r\n\r\n", good + "Sec-WebSocket-Extensions: " + strings.Repeat(`;="`, 900) + "\r\n\r\n",
		good + "Connection: " + strings.Repeat("close,", 900) + "\r\n\r\n", good + "Authorization: Bearer " + strings.Repeat("1", 3000) + ".a\r\n\r\n",
		strings.ReplaceAll(good, "\r\n", "\n") + "\n", good + " folded\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00",
		strings.Replace(good, "/server", "http://other/client/%00", 1) + "\r\n", strings.Replace(good, "13", "13, 8", 1) + "\r\n", "\x16\x03\x01\x02\x00\x01", "",
	} {
		f.Add([]byte(seed))
	}
	for _, seed := range []string{
		"Origin: http://h\r\n", "Origin: http://other\r\n", "Origin: http://h\r\nOrigin: http://h\r\n", "Sec-WebSocket-Protocol: intercessor.v1\r\n",
		"Sec-WebSocket-Protocol: a, a\r\n", "Pragma: no-cache\r\nCache-Control: no-cache\r\n", "Pragma: no-cache\r\n", "Expect: 100-continue\r\n",
		"Connection: close\r\n", "Host: h\r\n", "X-Odd: \xff\r\n", "X-Odd:\t a \t\r\n", "x_odd: a\r\n", ": a\r\n",
	} {
		f.Add([]byte(good + seed + "\r\n"))
		f.Add([]byte(strings.Replace(good, "/server", "/client/nobody", 1) + seed + "\r\n"))
	}
	for _, path := range []string{"/server/", "//server", "/server?a", "/client/", "/client/a/b", "/client/a%62", "/client/..", "/client/a.b", "/"} {
		f.Add([]byte(strings.Replace(good, "/server", path, 1) + "\r\n"))
	}
	through, inPlace := answering(f, false), answering(f, true)
	f.Fuzz(func(t *testing.T, sent []byte) {
		sent = sent[:min(len(sent), 16<<10)]
		answers := through(t, sent)
		requireOnlyHandshakesUpgrade(t, sent, answers)
		require.Equal(t, heads(answers), heads(inPlace(t, sent)))
	})
}

// answering starts a relay and returns a function that sends bytes and an end on a new connection, and
// returns the answers.
func answering(f *testing.F, inPlace bool) func(t *testing.T, sent []byte) []byte {
	r := relay.New(relay.Config{})
	server := httptest.NewUnstartedServer(r)
	server.Config.MaxHeaderBytes, server.Config.ReadHeaderTimeout = 8<<10, time.Hour
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	address := server.Listener.Addr().String()
	if inPlace {
		server.Listener = r.Handshakes(server.Listener)
	}
	server.Start()
	f.Cleanup(func() {
		_ = r.Shutdown(context.Background())
		server.Close()
	})
	return func(t *testing.T, sent []byte) []byte {
		conn, err := net.Dial("tcp", address)
		require.NoError(t, err)
		socket := conn.(*net.TCPConn)
		defer func() {
			_ = socket.SetLinger(0) // so many would keep their ports for a minute
			_ = socket.Close()
		}()
		require.NoError(t, socket.SetDeadline(time.Now().Add(patience)))
		if _, err := socket.Write(sent); err != nil {
			return nil // refused before its end
		}
		_ = socket.CloseWrite()
		answers, err := io.ReadAll(socket)
		require.NotErrorIs(t, err, os.ErrDeadlineExceeded, "the relay waits for more than has come")
		return answers
	}
}

// heads are the answers up to the first that made a WebSocket, without their dates, and the
// beginnings of what follows that one.
func heads(answers []byte) (all []string) {
	responses := bufio.NewReader(bytes.NewReader(answers))
	for {
		answer, err := http.ReadResponse(responses, nil)
		if err != nil {
			return all
		}
		answer.Header.Del("Date")
		body, _ := io.ReadAll(answer.Body)
		all = append(all, fmt.Sprint(answer.Status, answer.Header, string(body)))
		if answer.StatusCode == http.StatusSwitchingProtocols {
			frame, _ := responses.Peek(2)
			return append(all, fmt.Sprint(frame[:min(1, len(frame))]))
		}
	}
}

// requireOnlyHandshakesUpgrade reads requests and answers side by side, up to the first
// that another reader of HTTP does not take, or that became a WebSocket.
func requireOnlyHandshakesUpgrade(t *testing.T, sent, answers []byte) {
	t.Helper()
	requests, responses := bufio.NewReader(bytes.NewReader(sent)), bufio.NewReader(bytes.NewReader(answers))
	for {
		request, wrong := http.ReadRequest(requests)
		answer, err := http.ReadResponse(responses, request)
		if err != nil {
			return // it hung up
		}
		if answer.StatusCode == http.StatusSwitchingProtocols {
			require.NoError(t, wrong)
			require.Equal(t, http.MethodGet, request.Method)
			require.Zero(t, request.ContentLength)
			require.Equal(t, []string{"13"}, request.Header["Sec-Websocket-Version"])
			require.Len(t, request.Header["Sec-Websocket-Key"], 1)
			key, err := base64.StdEncoding.DecodeString(request.Header.Get("Sec-WebSocket-Key"))
			require.NoError(t, err)
			require.Len(t, key, 16)
			require.Contains(t, strings.ToLower(strings.Join(request.Header["Upgrade"], ",")), "websocket")
			require.Contains(t, strings.ToLower(strings.Join(request.Header["Connection"], ",")), "upgrade")
			require.Empty(t, answer.Header["Sec-Websocket-Extensions"])
			return
		}
		require.Contains(t, []int{301, 307, 400, 403, 404, 405, 414, 417, 426, 431, 501, 505}, answer.StatusCode)
		if wrong != nil {
			return
		}
		_, _ = io.Copy(io.Discard, request.Body)
		_, _ = io.Copy(io.Discard, answer.Body)
	}
}

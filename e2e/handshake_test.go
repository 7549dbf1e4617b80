package e2e_test

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/stretchr/testify/require"
)

// TestHandshake sends handshakes, right and wrong, to the running relay.
func TestHandshake(t *testing.T) {
	t.Parallel()
	relay := startRelay(t, "--origin", "https://app.example")
	others := relay.bystanders()
	good := handshake("/server")

	for _, c := range []struct {
		name    string
		request string
		status  int
	}{
		{"as RFC 6455 has it", good, 101},
		{"header names and tokens in capitals", strings.NewReplacer("Upgrade: websocket", "UPGRADE: WEBSOCKET", "Connection: Upgrade", "CONNECTION: UPGRADE").Replace(good), 101},
		{"the page's own origin", handshake("/server", "Origin: http://127.0.0.1"), 101},
		{"an origin from the list", handshake("/server", "Origin: https://app.example"), 101},
		{"every kind of compression offered", handshake("/server", "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits; server_no_context_takeover, x-webkit-deflate-frame"), 101},
		{"an unknown subprotocol offered", handshake("/server", "Sec-WebSocket-Protocol: chat, superchat"), 101},

		{"another origin", handshake("/server", "Origin: https://evil.example"), 403},
		{"the origin null", handshake("/server", "Origin: null"), 403},
		{"two origins", handshake("/server", "Origin: http://127.0.0.1", "Origin: http://127.0.0.1"), 403},
		{"a plain GET", "GET /server HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 426},
		{"another upgrade", strings.Replace(good, "Upgrade: websocket", "Upgrade: h2c", 1), 426},
		{"no Connection: Upgrade", strings.Replace(good, "Connection: Upgrade", "Connection: close", 1), 426},
		{"HTTP/1.0", strings.Replace(good, "HTTP/1.1", "HTTP/1.0", 1), 426},
		{"POST", strings.Replace(good, "GET", "POST", 1), 405},
		{"version 8", strings.Replace(good, "Version: 13", "Version: 8", 1), 400},
		{"no key", strings.Replace(good, "Sec-WebSocket-Key: "+handshakeKey+"\r\n", "", 1), 400},
		{"a short key", strings.Replace(good, handshakeKey, "c2hvcnQ=", 1), 400},
		{"a key that is no base64", strings.Replace(good, handshakeKey, "!!!!!!!!!!!!!!!!!!!!!!!!", 1), 400},
		{"two keys", handshake("/server", "Sec-WebSocket-Key: "+handshakeKey), 400},
		{"a subprotocol twice", handshake("/server", "Sec-WebSocket-Protocol: intercessor.v1, intercessor.v1"), 400},
		{"a subprotocol in two lines", handshake("/server", "Sec-WebSocket-Protocol: chat", "Sec-WebSocket-Protocol: chat"), 400},
		{"a subprotocol that is no token", handshake("/server", "Sec-WebSocket-Protocol: intercessor.v1, (x)"), 400},
		{"33 subprotocols", handshake("/server", "Sec-WebSocket-Protocol: intercessor.v1,a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,u,v,w,x,y,z,1,2,3,4,5,6"), 400},
		{"a body", handshake("/server", "Content-Length: 5") + "hello", 400},
		{"a chunked body", handshake("/server", "Transfer-Encoding: chunked") + "0\r\n\r\n", 400},
		{"no Host", strings.Replace(good, "Host: 127.0.0.1\r\n", "", 1), 400},
		{"two Hosts", handshake("/server", "Host: other"), 400},
		{"a Host of junk", strings.Replace(good, "Host: 127.0.0.1", "Host: a b<c>", 1), 400},
		{"a header of junk", handshake("/server", "no colon here"), 400},
		{"too long a header", handshake("/server", "X: "+strings.Repeat("x", 20<<10)), 431},
		{"a path that is no endpoint", handshake("/serverx"), 404},
		{"a client without an ID", handshake("/client/"), 404},
		{"an ID with a slash", handshake("/client/a/b"), 404},
		{"an extension header of junk", handshake("/server", `Sec-WebSocket-Extensions: ;;;,,,="`+strings.Repeat(";,", 500)), 101},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := relay.tcp()
			p.t = t
			p.write(c.request)
			answer := p.answer()
			body, _ := io.ReadAll(io.LimitReader(answer.Body, 1000))
			require.Equal(t, c.status, answer.StatusCode, "%s", body)
			if c.status == http.StatusSwitchingProtocols {
				require.Equal(t, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", answer.Header.Get("Sec-WebSocket-Accept"), "RFC 6455, section 1.3")
				require.Empty(t, answer.Header.Get("Sec-WebSocket-Extensions"), "compression is never negotiated")
				require.Empty(t, answer.Header.Get("Sec-WebSocket-Protocol"))
				require.Equal(t, "HELLO", p.delivery().Type)
			}
			others.talk()
		})
	}
}

// TestFramesBehindTheHandshake: what a peer sends without waiting for the
// relay's answer is read, in order, and behind the handshake.
func TestFramesBehindTheHandshake(t *testing.T) {
	t.Parallel()
	relay := startRelay(t)
	server := relay.raw("/server")
	client := relay.tcp()
	client.write(handshake("/client/"+server.id) +
		frame(true, opText, `{"to":"`+server.id+`","type":"n","message":1}`) +
		frame(true, opText, `{"to":"`+server.id+`","type":"n","message":`+strings.Repeat(" ", 3000)+`2}`))
	require.Equal(t, 101, client.answer().StatusCode)
	require.Equal(t, "HELLO", client.delivery().Type)

	require.Equal(t, "PEER_JOINED", server.delivery().Type)
	require.Equal(t, "1", string(server.delivery().Message))
	require.Equal(t, "2", string(server.delivery().Message))
}

// TestTwoThousandDrips: connections that send a byte now and then are cut when their time is over, be
// it in a header, in the body that a handshake must not have, or in half the header of a
// frame. No other peer waits for them, whether it talks or connects.
func TestTwoThousandDrips(t *testing.T) {
	t.Parallel()
	relay := startRelay(t)
	others := relay.bystanders()
	good := handshake("/server")
	kinds := []struct {
		name   string
		says   func(i int) string
		drips  bool          // and goes on, a byte at a time
		within time.Duration // until it is cut
	}{
		{"half a header", func(i int) string { return good[:i%60] }, false, 5 * time.Second},
		{"a header that goes on", func(i int) string { return good[:len(good)-2] + "X: " }, true, 5 * time.Second},
		{"a body that goes on", func(int) string { return handshake("/server", "Content-Length: 100000") }, true, 5 * time.Second},
		{"half a frame's header", func(int) string { return good + "\x81\xfe\x00" }, false, 11 * time.Second},
	}
	const each = 500
	begun := time.Now()
	drips := make([][]*rawPeer, len(kinds))
	for k, kind := range kinds {
		for i := range each {
			p := relay.tcp()
			p.write(kind.says(i))
			drips[k] = append(drips[k], p)
		}
	}
	connected := time.Since(begun)

	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() { // one byte a second for each that drips
		defer close(stopped)
		seconds := time.NewTicker(time.Second)
		defer seconds.Stop()
		for {
			select {
			case <-stop:
				return
			case <-seconds.C:
			}
			for k, kind := range kinds {
				for i := 0; kind.drips && i < each; i++ {
					_, _ = drips[k][i].conn.Write([]byte("x")) // until it is cut
				}
			}
		}
	}()
	var took []time.Duration
	for range 200 {
		begun := time.Now()
		others.talk()
		took = append(took, time.Since(begun))
	}
	slices.Sort(took)
	require.Less(t, took[len(took)/2], 2*time.Second, "a pair talks on")
	relay.raw("/server")
	for k, kind := range kinds {
		for i, p := range drips[k] {
			_, err := io.Copy(io.Discard, p.read)    // at most an HTTP error or a close frame, then the end
			if !errors.Is(err, syscall.ECONNRESET) { // it dripped on into the end
				require.NoError(t, err, "%s, %d", kind.name, i)
			}
			require.Less(t, time.Since(begun), connected+kind.within+patience, "%s, %d", kind.name, i)
		}
	}
	close(stop)
	<-stopped
	others.talk()
}

// TestPeersThatNeverAnswer: half a frame, a close that is not answered, and a
// connection torn off leave nothing behind.
func TestPeersThatNeverAnswer(t *testing.T) {
	t.Parallel()
	relay := startRelay(t)
	server := relay.raw("/server")

	torn := relay.raw("/client/" + server.id)
	server.wantsJoined(torn)
	torn.write("\x81\xfe\x00")
	require.NoError(t, torn.conn.Close())
	server.wantsGone(torn)

	// A peer that was closed, and neither answers nor ends its side, is let go.
	deaf := relay.raw("/client/" + server.id)
	server.wantsJoined(deaf)
	deaf.text(`{}`)
	server.wantsGone(deaf)
	begin := time.Now()
	opcode, _ := deaf.next()
	require.EqualValues(t, opClose, opcode)
	for { // the relay takes what still comes until its time is over
		if _, err := deaf.conn.Write([]byte(frame(true, opText, "{}"))); err != nil {
			break
		}
		require.Less(t, time.Since(begin), patience)
	}
	server.text(`{"to":%q,"type":"x","message":1}`, deaf.id)
	server.wantsPong()

	relay.knock("/client/" + deaf.id).wantsClose(protocol.CodeNoSuchServer)
}

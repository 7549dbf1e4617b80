package wire_test

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/rawpeer"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/protocol"
)

// TestHandshake sends handshakes, right and wrong, to the running relay.
func TestHandshake(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t, "--origin", "https://app.example")
	others := rawpeer.Meet(t, relay.Addr)
	good := rawpeer.Handshake("/server")

	for _, c := range []struct {
		name    string
		request string
		status  int
	}{
		{"as RFC 6455 has it", good, 101},
		{"header names and tokens in capitals", strings.NewReplacer("Upgrade: websocket", "UPGRADE: WEBSOCKET", "Connection: Upgrade", "CONNECTION: UPGRADE").Replace(good), 101},
		{"the page's own origin", rawpeer.Handshake("/server", "Origin: http://127.0.0.1"), 101},
		{"an origin from the list", rawpeer.Handshake("/server", "Origin: https://app.example"), 101},
		{"every kind of compression offered", rawpeer.Handshake("/server", "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits; server_no_context_takeover, x-webkit-deflate-frame"), 101},
		{"an unknown subprotocol offered", rawpeer.Handshake("/server", "Sec-WebSocket-Protocol: chat, superchat"), 101},

		{"another origin", rawpeer.Handshake("/server", "Origin: https://evil.example"), 403},
		{"the origin null", rawpeer.Handshake("/server", "Origin: null"), 403},
		{"two origins", rawpeer.Handshake("/server", "Origin: http://127.0.0.1", "Origin: http://127.0.0.1"), 403},
		{"a plain GET", "GET /server HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 426},
		{"another upgrade", strings.Replace(good, "Upgrade: websocket", "Upgrade: h2c", 1), 426},
		{"no Connection: Upgrade", strings.Replace(good, "Connection: Upgrade", "Connection: close", 1), 426},
		{"HTTP/1.0", strings.Replace(good, "HTTP/1.1", "HTTP/1.0", 1), 426},
		{"POST", strings.Replace(good, "GET", "POST", 1), 405},
		{"version 8", strings.Replace(good, "Version: 13", "Version: 8", 1), 400},
		{"no key", strings.Replace(good, "Sec-WebSocket-Key: "+rawpeer.HandshakeKey+"\r\n", "", 1), 400},
		{"a short key", strings.Replace(good, rawpeer.HandshakeKey, "c2hvcnQ=", 1), 400},
		{"a key that is no base64", strings.Replace(good, rawpeer.HandshakeKey, "!!!!!!!!!!!!!!!!!!!!!!!!", 1), 400},
		{"two keys", rawpeer.Handshake("/server", "Sec-WebSocket-Key: "+rawpeer.HandshakeKey), 400},
		{"a subprotocol twice", rawpeer.Handshake("/server", "Sec-WebSocket-Protocol: intercessor.v1, intercessor.v1"), 400},
		{"a subprotocol in two lines", rawpeer.Handshake("/server", "Sec-WebSocket-Protocol: chat", "Sec-WebSocket-Protocol: chat"), 400},
		{"a subprotocol that is no token", rawpeer.Handshake("/server", "Sec-WebSocket-Protocol: intercessor.v1, (x)"), 400},
		{"33 subprotocols", rawpeer.Handshake("/server", "Sec-WebSocket-Protocol: intercessor.v1,a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,u,v,w,x,y,z,1,2,3,4,5,6"), 400},
		{"a body", rawpeer.Handshake("/server", "Content-Length: 5") + "hello", 400},
		{"a chunked body", rawpeer.Handshake("/server", "Transfer-Encoding: chunked") + "0\r\n\r\n", 400},
		{"no Host", strings.Replace(good, "Host: 127.0.0.1\r\n", "", 1), 400},
		{"two Hosts", rawpeer.Handshake("/server", "Host: other"), 400},
		{"a Host of junk", strings.Replace(good, "Host: 127.0.0.1", "Host: a b<c>", 1), 400},
		{"a header of junk", rawpeer.Handshake("/server", "no colon here"), 400},
		{"too long a header", rawpeer.Handshake("/server", "X: "+strings.Repeat("x", 20<<10)), 431},
		{"a path that is no endpoint", rawpeer.Handshake("/serverx"), 404},
		{"a client without an ID", rawpeer.Handshake("/client/"), 404},
		{"an ID with a slash", rawpeer.Handshake("/client/a/b"), 404},
		{"an extension header of junk", rawpeer.Handshake("/server", `Sec-WebSocket-Extensions: ;;;,,,="`+strings.Repeat(";,", 500)), 101},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := rawpeer.TCP(t, relay.Addr)
			p.Write(c.request)
			answer := p.Answer()
			body, _ := io.ReadAll(io.LimitReader(answer.Body, 1000))
			require.Equal(t, c.status, answer.StatusCode, "%s", body)
			if c.status == http.StatusSwitchingProtocols {
				require.Equal(t, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", answer.Header.Get("Sec-WebSocket-Accept"), "RFC 6455, section 1.3")
				require.Empty(t, answer.Header.Get("Sec-WebSocket-Extensions"), "compression is never negotiated")
				require.Empty(t, answer.Header.Get("Sec-WebSocket-Protocol"))
				require.Equal(t, "HELLO", p.Delivery().Type)
			}
			others.Talk()
		})
	}
}

// TestFramesBehindTheHandshake: what a peer sends without waiting for the
// relay's answer is read, in order, and behind the handshake.
func TestFramesBehindTheHandshake(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	server := rawpeer.Join(t, relay.Addr, "/server")
	client := rawpeer.TCP(t, relay.Addr)
	client.Write(rawpeer.Handshake("/client/"+server.ID) +
		rawpeer.Frame(true, rawpeer.OpText, `{"to":"`+server.ID+`","type":"n","message":1}`) +
		rawpeer.Frame(true, rawpeer.OpText, `{"to":"`+server.ID+`","type":"n","message":`+strings.Repeat(" ", 3000)+`2}`))
	require.Equal(t, 101, client.Answer().StatusCode)
	require.Equal(t, "HELLO", client.Delivery().Type)

	require.Equal(t, "PEER_JOINED", server.Delivery().Type)
	require.Equal(t, "1", string(server.Delivery().Message))
	require.Equal(t, "2", string(server.Delivery().Message))
}

// TestTwoThousandDrips: connections that send a byte now and then are cut when their time is over, be
// it in a header, in the body that a handshake must not have, or in half the header of a
// frame. No other peer waits for them, whether it talks or connects.
func TestTwoThousandDrips(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	others := rawpeer.Meet(t, relay.Addr)
	good := rawpeer.Handshake("/server")
	kinds := []struct {
		name   string
		says   func(i int) string
		drips  bool          // and goes on, a byte at a time
		within time.Duration // until it is cut
	}{
		{"half a header", func(i int) string { return good[:i%60] }, false, 5 * time.Second},
		{"a header that goes on", func(i int) string { return good[:len(good)-2] + "X: " }, true, 5 * time.Second},
		{"a body that goes on", func(int) string { return rawpeer.Handshake("/server", "Content-Length: 100000") }, true, 5 * time.Second},
		{"half a frame's header", func(int) string { return good + "\x81\xfe\x00" }, false, 11 * time.Second},
	}
	const each = 500
	begun := time.Now()
	drips := make([][]*rawpeer.Peer, len(kinds))
	for k, kind := range kinds {
		for i := range each {
			p := rawpeer.TCP(t, relay.Addr)
			p.Write(kind.says(i))
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
					_, _ = drips[k][i].Conn.Write([]byte("x")) // until it is cut
				}
			}
		}
	}()
	var took []time.Duration
	for range 200 {
		begun := time.Now()
		others.Talk()
		took = append(took, time.Since(begun))
	}
	slices.Sort(took)
	require.Less(t, took[len(took)/2], 2*time.Second, "a pair talks on")
	rawpeer.Join(t, relay.Addr, "/server")
	for k, kind := range kinds {
		for i, p := range drips[k] {
			_, err := io.Copy(io.Discard, p.Reader)  // at most an HTTP error or a close frame, then the end
			if !errors.Is(err, syscall.ECONNRESET) { // it dripped on into the end
				require.NoError(t, err, "%s, %d", kind.name, i)
			}
			require.Less(t, time.Since(begun), connected+kind.within+patience.Max, "%s, %d", kind.name, i)
		}
	}
	close(stop)
	<-stopped
	others.Talk()
}

// TestPeersThatNeverAnswer: half a frame, a close that is not answered, and a
// connection torn off leave nothing behind.
func TestPeersThatNeverAnswer(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	server := rawpeer.Join(t, relay.Addr, "/server")

	torn := rawpeer.Join(t, relay.Addr, "/client/"+server.ID)
	server.ExpectJoined(torn)
	torn.Write("\x81\xfe\x00")
	require.NoError(t, torn.Conn.Close())
	server.ExpectGone(torn)

	// A peer that was closed, and neither answers nor ends its side, is let go.
	deaf := rawpeer.Join(t, relay.Addr, "/client/"+server.ID)
	server.ExpectJoined(deaf)
	deaf.Text(`{}`)
	server.ExpectGone(deaf)
	begin := time.Now()
	opcode, _ := deaf.Next()
	require.EqualValues(t, rawpeer.OpClose, opcode)
	for { // the relay takes what still comes until its time is over
		if _, err := deaf.Conn.Write([]byte(rawpeer.Frame(true, rawpeer.OpText, "{}"))); err != nil {
			break
		}
		require.Less(t, time.Since(begin), patience.Max)
	}
	server.Text(`{"to":%q,"type":"x","message":1}`, deaf.ID)
	server.ExpectPong()

	rawpeer.Knock(t, relay.Addr, "/client/"+deaf.ID).ExpectClose(protocol.CodeNoSuchServer)
}

//go:build unix

package main_test

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/sebas642/intercessor/protocol"
	"github.com/stretchr/testify/require"
)

// turning starts a relayd with a TURN server, and gives the way to it.
func turning(t *testing.T, args ...string) entrance {
	t.Helper()
	d := start(t, nil, append([]string{"--turn-enabled", "--state-dir", t.TempDir()}, args...)...)
	return entrance{d: d, host: d.address}
}

// pair connects a server and a client, and returns what they are told of the TURN server.
func (e entrance) pair() (server, client *peer, ofServer, ofClient rtcIceServer) {
	e.d.t.Helper()
	server, hello := e.enters("/server")
	ofServer = own(e.d.t, hello.ICE)
	client, hello = e.enters("/client/" + server.hello.ID)
	return server, client, ofServer, own(e.d.t, hello.ICE)
}

// TestTURNSharesThePort with HTTP and WebSocket: two peers reach each other over UDP and TCP.
func TestTURNSharesThePort(t *testing.T) {
	t.Parallel()
	e := turning(t)
	server, client, ofServer, ofClient := e.pair()
	urls := []string{"turn:" + e.d.address + "?transport=udp", "turn:" + e.d.address + "?transport=tcp"}
	require.Equal(t, urls, ofServer.URLs)
	require.Equal(t, urls, ofClient.URLs)
	require.NotEqual(t, ofServer.Credential, ofClient.Credential)

	udp, tcp := e.allocate(urls[0], ofServer), e.allocate(urls[1], ofClient)
	udp.reaches(tcp)
	require.Equal(t, "192.0.2.1", udp.LocalAddr().(*net.UDPAddr).IP.String())
	require.Equal(t, http.StatusOK, e.get(e.d.address, "/readyz"))
	client.says(server, "x", "1")
	require.Equal(t, "1", string(server.wants("x")))
	server.says(client, "y", "2")
	require.Equal(t, "2", string(client.wants("y")))
	for _, secret := range []string{ofServer.Credential, ofClient.Credential, server.hello.ID, client.hello.ID} {
		require.NotContains(t, e.d.log(), secret)
	}
}

// TestFirstBytesOfAConnection may come one by one. What is not TURN is HTTP, whatever it begins with.
func TestFirstBytesOfAConnection(t *testing.T) {
	t.Parallel()
	args, trusting := certified(t)
	for name, e := range map[string]entrance{"plain": turning(t), "TLS": turning(t, args...)} {
		if name == "TLS" {
			e.tls = trusting
		}
		binding := "\x00\x01\x00\x00\x21\x12\xa4\x42abcdefghijkl"
		conn := e.secure(e.d.address)
		for i := range len(binding) {
			_, err := io.WriteString(conn, binding[i:i+1])
			require.NoError(t, err)
		}
		answer := make([]byte, 20)
		_, err := io.ReadFull(conn, answer)
		require.NoError(t, err, name)
		require.Equal(t, "\x01\x01", string(answer[:2]), "a Binding response")

		for _, text := range []string{"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n", "\x00\x01", "\x00\x01\x00\x00\x21\x12\xa4\x43"} {
			conn := e.secure(e.d.address)
			for i := range len(text) {
				_, err := io.WriteString(conn, text[i:i+1])
				require.NoError(t, err)
			}
			require.NoError(t, conn.(interface{ CloseWrite() error }).CloseWrite())
			response, err := http.ReadResponse(bufio.NewReader(conn), nil)
			require.NoError(t, err, "%s, %q", name, text)
			want := http.StatusBadRequest
			if text[0] == 'G' {
				want = http.StatusOK
			}
			require.Equal(t, want, response.StatusCode, "%s, %q", name, text)
		}
	}
}

// TestTURNOverTLS shares the port with HTTPS and WebSocket, and HTTP/2 is not offered there.
func TestTURNOverTLS(t *testing.T) {
	t.Parallel()
	args, trusting := certified(t)
	e := turning(t, args...)
	e.tls = trusting
	_, _, ofServer, ofClient := e.pair()
	urls := []string{"turn:" + e.d.address + "?transport=udp", "turns:" + e.d.address + "?transport=tcp"}
	require.Equal(t, urls, ofServer.URLs)
	e.allocate(urls[1], ofServer).reaches(e.allocate(urls[1], ofClient))
	e.allocate(urls[1], ofServer).reaches(e.allocate(urls[0], ofClient))
	require.Equal(t, http.StatusOK, e.get(e.d.address, "/readyz"))

	both := e.tls.Clone()
	both.NextProtos = []string{"h2", "http/1.1"}
	conn := tls.Client(e.dial(e.d.address), both)
	require.NoError(t, conn.Handshake())
	require.Equal(t, "http/1.1", conn.ConnectionState().NegotiatedProtocol)
	both.NextProtos = []string{"h2"}
	require.Error(t, tls.Client(e.dial(e.d.address), both).Handshake())

	plain := e.dial(e.d.address)
	_, err := io.WriteString(plain, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	require.NoError(t, err)
	text, err := io.ReadAll(plain)
	require.NoError(t, err)
	require.Contains(t, string(text), "Client sent an HTTP request to an HTTPS server.")
}

// TestTURNWithASelfSignedCertificate is told for UDP alone.
func TestTURNWithASelfSignedCertificate(t *testing.T) {
	t.Parallel()
	e := turning(t, "--tls-self-signed")
	e.tls = &tls.Config{InsecureSkipVerify: true}
	_, _, ofServer, ofClient := e.pair()
	require.Equal(t, []string{"turn:" + e.d.address + "?transport=udp"}, ofServer.URLs)
	e.allocate(ofServer.URLs[0], ofServer).reaches(e.allocate(ofServer.URLs[0], ofClient))
}

// TestTURNBehindAProxyOfTCP: the source of a connection is that of its PROXY header, without
// which it is refused.
func TestTURNBehindAProxyOfTCP(t *testing.T) {
	t.Parallel()
	e := turning(t, "--proxy-trusted", "127.0.0.1", "--proxy-protocol", "proxy-protocol")
	e.preface = "PROXY TCP4 203.0.113.9 127.0.0.1 4321 80\r\n"
	_, _, ofServer, ofClient := e.pair()
	tcp := e.allocate(ofServer.URLs[1], ofServer)
	mapped, err := tcp.client.SendBindingRequest()
	require.NoError(t, err)
	require.Equal(t, "203.0.113.9:4321", mapped.String())
	tcp.reaches(e.allocate(ofClient.URLs[1], ofClient))
	e.preface = ""
	_, err = e.tries(ofServer.URLs[1], ofServer)
	require.Error(t, err)
}

func TestTURNCredentials(t *testing.T) {
	t.Parallel()
	e, other := turning(t), turning(t)
	_, _, ofServer, ofClient := e.pair()
	_, _, elsewhere, _ := other.pair()
	gone, hello := e.enters("/server")
	require.NoError(t, gone.conn.Close(1000, ""))
	left := own(t, hello.ICE)
	expiry, rest, _ := strings.Cut(ofServer.Username, ":")
	for name, c := range map[string]struct {
		as  rtcIceServer
		why string
	}{
		"none":                     {rtcIceServer{}, "401"},
		"a wrong password":         {rtcIceServer{Username: ofServer.Username, Credential: ofClient.Credential}, "401"},
		"a prolonged one":          {rtcIceServer{Username: "9" + expiry + ":" + rest, Credential: ofServer.Credential}, "401"},
		"of another relay":         {elsewhere, "401"},
		"of a peer that has left ": {left, "403: the peer is not at this relay: turn.hosts must name the one where it is"},
	} {
		for _, url := range ofServer.URLs {
			require.Eventually(t, func() bool {
				_, err := e.tries(url, c.as)
				return err != nil && strings.Contains(err.Error(), c.why)
			}, patience, 10*time.Millisecond, "%s, %s", name, url)
		}
	}
	e.allocate(ofServer.URLs[0], ofServer)
}

// TestTURNEndsWithItsOwner: a kicked peer loses its allocations and their connections, and one
// that is away does not.
func TestTURNEndsWithItsOwner(t *testing.T) {
	t.Parallel()
	e := turning(t)
	server, client, ofServer, ofClient := e.pair()
	away, udp := e.allocate(ofServer.URLs[1], ofServer), e.allocate(ofClient.URLs[0], ofClient)
	tcp := e.allocate(ofClient.URLs[1], ofClient)
	tcp.reaches(away)
	require.NoError(t, server.conn.Write(t.Context(), websocket.MessageText, []byte(`{"to":"0","type":"`+protocol.TypeRelayKick+`","message":{"request":1,"id":"`+client.hello.ID+`"}}`)))
	server.wants(protocol.TypeRelayAnswer)
	select {
	case <-tcp.ended:
	case <-time.After(patience):
		t.Fatal("its connection does not end")
	}
	require.Eventually(t, func() bool { return udp.client.CreatePermission(away.LocalAddr()) != nil }, patience, 100*time.Millisecond)
	_, err := e.tries(ofClient.URLs[0], ofClient)
	require.ErrorContains(t, err, "403")

	require.NoError(t, server.conn.CloseNow())
	again := e.allocate(ofServer.URLs[0], ofServer)
	again.reaches(away)
}

// TestTURNKeysAreReplaced: with the new key first, credentials of the old one are accepted.
func TestTURNKeysAreReplaced(t *testing.T) {
	t.Parallel()
	old := written(t, "old.key", "b2xkb2xkb2xkb2xkb2xkb2xkb2xkb2xkb2xkb2xkb2w=\n")
	young := written(t, "new.key", "bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmU=\n")
	before := turning(t, "--key-file", old)
	server, hello := before.enters("/server")
	signed := own(t, hello.ICE)
	resume := protocol.ResumePrefix + "1." + server.hello.Resume
	both, only := turning(t, "--key-file", young, "--key-file", old), turning(t, "--key-file", young)
	_, hello = both.enters("/server", resume)
	require.True(t, hello.Resumed)
	udp := own(t, hello.ICE).URLs[0]
	both.allocate(udp, signed).reaches(both.allocate(udp, own(t, hello.ICE)))
	_, err := only.tries("turn:"+only.d.address+"?transport=udp", signed)
	require.ErrorContains(t, err, "401")
}

// TestTURNOnAPortOfItsOwn, with and without TLS.
func TestTURNOnAPortOfItsOwn(t *testing.T) {
	t.Parallel()
	args, trusting := certified(t)
	for _, secure := range []bool{false, true} {
		all := []string{"--turn-listen", "127.0.0.1:0", "--proxy-trusted", "127.0.0.1"}
		if secure {
			all = append(all, args...)
		}
		e := turning(t, all...)
		apart, _ := e.d.logs("TURN server")["udp"].(string)
		require.NotEqual(t, e.d.address, apart)
		tcp := "turn:" + apart + "?transport=tcp"
		if secure {
			e.tls, tcp = trusting, "turns:"+apart+"?transport=tcp"
		}
		_, _, ofServer, ofClient := e.pair()
		require.Equal(t, []string{"turn:" + apart + "?transport=udp", tcp}, ofServer.URLs)
		e.allocate(ofServer.URLs[0], ofServer).reaches(e.allocate(tcp, ofClient))
		require.Equal(t, http.StatusNotFound, e.get(apart, "/readyz"))
		require.Equal(t, http.StatusOK, e.get(e.d.address, "/readyz"))
		_, err := e.tries(strings.Replace(tcp, apart, e.d.address, 1), ofServer)
		require.Error(t, err)
	}
}

// TestTURNOnAUDPPortThatIsTaken is an error that names the port.
func TestTURNOnAUDPPortThatIsTaken(t *testing.T) {
	t.Parallel()
	other, err := net.ListenPacket("udp", "127.0.0.3:0") // whose TCP ports no other test takes
	require.NoError(t, err)
	defer other.Close()
	address := other.LocalAddr().String()
	said := fails(t, 1, nil, "--turn-enabled", "--turn-listen", address)
	require.Contains(t, said, "cannot listen on UDP "+address+": ")
	require.Contains(t, said, "; stop the other process or pass --turn-listen")
}

// TestSilentConnections have a bound for each source, whether they say nothing or part of what
// could be TURN, and end in time. Those of TURN have a bound of their own.
func TestSilentConnections(t *testing.T) {
	t.Parallel()
	const most = 5
	e := turning(t, "--proxy-trusted", "10.0.0.1", "--turn-udp-port", "3478", "--turn-tcp-port", "3478", "--limits-source-connections", "5")
	binding := "\x00\x01\x00\x00\x21\x12\xa4\x42abcdefghijkl"
	dial := func(from, text string) net.Conn {
		dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}, Timeout: patience}
		conn, err := dialer.Dial("tcp", e.d.address)
		require.NoError(t, err)
		t.Cleanup(func() { _ = conn.Close() })
		require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
		_, _ = io.WriteString(conn, text)
		return conn
	}
	serves := func(conn net.Conn) bool {
		answer := make([]byte, 20)
		_, err := io.ReadFull(conn, answer)
		return err == nil && string(answer[:2]) == "\x01\x01"
	}
	var silent []net.Conn
	for i := range most {
		silent = append(silent, dial("127.0.0.2", binding[:i]))
	}
	require.False(t, serves(dial("127.0.0.2", binding)), "one more than its source may have")
	require.True(t, serves(dial("127.0.0.3", binding)), "another source has its own")
	for _, conn := range silent {
		_, err := io.Copy(io.Discard, conn)
		require.NoError(t, err)
	}

	for range most {
		require.True(t, serves(dial("127.0.0.4", binding)))
	}
	require.False(t, serves(dial("127.0.0.4", binding)), "one more of TURN")
	answer, err := http.ReadResponse(bufio.NewReader(dial("127.0.0.4", "GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")), nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, answer.StatusCode, "those of HTTP are counted apart")
}

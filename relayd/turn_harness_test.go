//go:build unix

package main_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/pion/logging"
	pion "github.com/pion/turn/v5"
	"github.com/sebas642/intercessor/protocol"
	"github.com/stretchr/testify/require"
)

// An entrance is how a test reaches a relay: over which TCP connections, and by which Host header.
type entrance struct {
	d       *daemon
	host    string
	tls     *tls.Config // nil without TLS
	preface string      // what a proxy sends first
}

// dial opens a TCP connection, without TLS.
func (e entrance) dial(address string) net.Conn {
	e.d.t.Helper()
	conn, err := net.Dial("tcp", address)
	require.NoError(e.d.t, err)
	e.d.t.Cleanup(func() { _ = conn.Close() })
	_, err = conn.Write([]byte(e.preface))
	require.NoError(e.d.t, err)
	return conn
}

// secure is dial with TLS, if the relay has it.
func (e entrance) secure(address string) net.Conn {
	e.d.t.Helper()
	conn := e.dial(address)
	if e.tls == nil {
		return conn
	}
	secured := tls.Client(conn, e.tls)
	require.NoError(e.d.t, secured.Handshake())
	return secured
}

// get asks for a page, and gives its status.
func (e entrance) get(address, path string) int {
	e.d.t.Helper()
	client := &http.Client{Transport: e.transport(address), Timeout: patience}
	defer client.CloseIdleConnections()
	response, err := client.Get("http://" + address + path)
	require.NoError(e.d.t, err)
	require.NoError(e.d.t, response.Body.Close())
	return response.StatusCode
}

// transport has connections of secure.
func (e entrance) transport(address string) *http.Transport {
	return &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return e.secure(address), nil }}
}

// enters connects a peer that speaks intercessor.v1, and reads its HELLO.
func (e entrance) enters(path string, subprotocols ...string) (*peer, protocol.Hello) {
	e.d.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, "ws://"+e.host+path, &websocket.DialOptions{
		HTTPClient:   &http.Client{Transport: e.transport(e.d.address)},
		Subprotocols: append([]string{protocol.SubprotocolV1}, subprotocols...),
	})
	require.NoError(e.d.t, err)
	e.d.t.Cleanup(func() { _ = conn.CloseNow() })
	p := &peer{t: e.d.t, conn: conn}
	message := p.wants(protocol.TypeHello)
	h, err := protocol.ParseHello(message)
	require.NoError(e.d.t, err)
	require.NoError(e.d.t, json.Unmarshal(message, &p.hello))
	return p, h
}

// rtcIceServer is what a browser makes of an entry of HELLO.
type rtcIceServer struct {
	URLs                 []string
	Username, Credential string
}

// own returns what HELLO says of the relay's own TURN server.
func own(t *testing.T, told protocol.ICE) rtcIceServer {
	t.Helper()
	var servers []rtcIceServer
	require.NoError(t, json.Unmarshal(told.Servers, &servers))
	require.NotEmpty(t, servers)
	return servers[0]
}

// An allocation is a TURN client of pion with an allocation.
type allocation struct {
	net.PacketConn
	t      *testing.T
	client *pion.Client
	ended  chan struct{} // closed when the client's socket ends
}

// allocate makes an allocation by a URL of HELLO.
func (e entrance) allocate(url string, as rtcIceServer) *allocation {
	e.d.t.Helper()
	a, err := e.tries(url, as)
	require.NoError(e.d.t, err, url)
	return a
}

func (e entrance) tries(url string, as rtcIceServer) (*allocation, error) {
	e.d.t.Helper()
	scheme, rest, _ := strings.Cut(url, ":")
	address, transport, _ := strings.Cut(rest, "?transport=")
	var socket net.PacketConn
	switch {
	case transport == "udp":
		packets, err := net.ListenPacket("udp", "127.0.0.1:0")
		require.NoError(e.d.t, err)
		socket = packets
	case scheme == "turns":
		socket = pion.NewSTUNConn(e.secure(address))
	default:
		socket = pion.NewSTUNConn(e.dial(address))
	}
	e.d.t.Cleanup(func() { _ = socket.Close() })
	a := &allocation{t: e.d.t, ended: make(chan struct{})}
	var err error
	a.client, err = pion.NewClient(&pion.ClientConfig{
		STUNServerAddr: address, TURNServerAddr: address, Conn: watched{socket, a.ended},
		Username: as.Username, Password: as.Credential, LoggerFactory: mute{},
	})
	require.NoError(e.d.t, err)
	require.NoError(e.d.t, a.client.Listen())
	e.d.t.Cleanup(a.client.Close)
	if a.PacketConn, err = a.client.Allocate(); err != nil {
		return nil, err
	}
	e.d.t.Cleanup(func() { _ = a.PacketConn.Close() })
	return a, nil
}

// reaches sends a packet from one allocation to the other, and one back.
func (a *allocation) reaches(b *allocation) {
	a.t.Helper()
	require.NoError(a.t, a.client.CreatePermission(b.LocalAddr()))
	require.NoError(a.t, b.client.CreatePermission(a.LocalAddr()))
	for _, way := range [][2]*allocation{{a, b}, {b, a}} {
		_, err := way[0].WriteTo([]byte("hello"), way[1].LocalAddr())
		require.NoError(a.t, err)
		require.NoError(a.t, way[1].SetReadDeadline(time.Now().Add(patience)))
		buffer := make([]byte, 100)
		n, from, err := way[1].ReadFrom(buffer)
		require.NoError(a.t, err)
		require.Equal(a.t, "hello", string(buffer[:n]))
		require.Equal(a.t, way[0].LocalAddr().String(), from.String())
	}
}

// watched tells of the end of a socket's last read.
type watched struct {
	net.PacketConn
	ended chan struct{}
}

func (w watched) ReadFrom(b []byte) (int, net.Addr, error) {
	n, from, err := w.PacketConn.ReadFrom(b)
	if err != nil {
		close(w.ended)
	}
	return n, from, err
}

// mute is a logger of pion that says nothing.
type mute struct{}

func (mute) NewLogger(scope string) logging.LeveledLogger {
	return logging.NewDefaultLeveledLoggerForScope(scope, logging.LogLevelDisabled, nil)
}

// certified writes a certificate for 127.0.0.1 of a CA of its own, and its key. It returns the
// arguments of relayd, and a configuration of clients that trust the CA.
func certified(t *testing.T) (args []string, trusting *tls.Config) {
	t.Helper()
	sign := func(template, parent *x509.Certificate, parents *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		require.NoError(t, err)
		if parents == nil {
			parents = key
		}
		template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
		der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), parents)
		require.NoError(t, err)
		made, err := x509.ParseCertificate(der)
		require.NoError(t, err)
		return made, key
	}
	root := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "CA of a test"}, IsCA: true, BasicConstraintsValid: true}
	ca, caKey := sign(root, root, nil)
	leaf, key := sign(&x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "relay"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}, ca, caKey)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	roots := x509.NewCertPool()
	roots.AddCert(ca)
	return []string{
		"--tls-cert-file", written(t, "cert.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: leaf.Raw}))),
		"--tls-key-file", written(t, "key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}))),
	}, &tls.Config{RootCAs: roots, ServerName: "127.0.0.1"}
}

//go:build linux

package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/sebas642/intercessor/relayd/relay"
)

// tlsRelayMode is the argument with which this program starts itself as a relay
// with TLS; the GOMAXPROCS of its process follows.
const tlsRelayMode = "relay-with-tls"

// tlsRelay starts the relay with TLS as a process of its own: what it costs is
// then what relayd would cost if it served TLS.
func (b *bench) tlsRelay(s *settings) (*target, error) {
	child, to, err := b.startSelf([]string{tlsRelayMode, strconv.Itoa(s.relayProcs)})
	if err != nil {
		return nil, err
	}
	return &target{dialer: dialer{to: to}, host: to.String(), pid: child.PID(), child: child}, nil
}

// tlsRelayMain is that process. It runs until it is killed.
func tlsRelayMain(args []string, _, stderr io.Writer) int {
	err := fmt.Errorf("%s is for relaybench itself: call `relaybench idle --tls`", tlsRelayMode)
	if len(args) == 1 {
		var procs int
		if procs, err = strconv.Atoi(args[0]); err == nil {
			runtime.GOMAXPROCS(procs)
			err = serveTLS(os.NewFile(inheritedSocket, "listener"), stderr)
		}
	}
	fmt.Fprintln(stderr, "relaybench: the relay with TLS:", err)
	return 1
}

// serveTLS serves as relayd/serve.go does, with its bounds and its log.
func serveTLS(socket *os.File, log io.Writer) error {
	listener, err := net.FileListener(socket)
	if err != nil {
		return fmt.Errorf("cannot listen on what it was given: %w", err)
	}
	certificate, err := selfSigned()
	if err != nil {
		return fmt.Errorf("cannot make a certificate: %w", err)
	}
	handler := slog.NewTextHandler(log, nil)
	r := relay.New(relay.Config{Log: slog.New(handler), Limits: relay.Limits{PeerMessages: 100_000_000, PeerBytes: 64 << 30}})
	server := &http.Server{
		Handler:           r,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       2 * time.Minute,
		WriteTimeout:      2 * time.Minute,
		IdleTimeout:       30 * time.Second,
		MaxHeaderBytes:    8 << 10,
		ErrorLog:          slog.NewLogLogger(handler, slog.LevelDebug),
	}
	go tidy(r.Sessions) // both end with the process
	return server.Serve(relay.ListenTLS(listener, &tls.Config{
		Certificates: []tls.Certificate{certificate},
		MinVersion:   tls.VersionTLS13,
		NextProtos:   []string{"http/1.1"}, // a WebSocket over HTTP/2 is another protocol
	}))
}

// tidy gives back what many handshakes have left behind, when and as relayd/tidy.go
// does: well within the second between two looks at the memory.
func tidy(sessions func() int) {
	const after = 1000 // peers that have come
	before, tidied := 0, 0
	for range time.Tick(time.Second / 4) {
		now := sessions()
		if now == before && now >= tidied+after {
			debug.FreeOSMemory()
			tidied = now
		}
		tidied, before = min(tidied, now), now
	}
}

// selfSigned makes a certificate of a kind that is common on the web, ECDSA with
// P-256: to sign with it is a part of each handshake.
func selfSigned() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(24 * time.Hour),
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}

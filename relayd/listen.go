package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"syscall"
	"time"

	"github.com/sebas642/intercessor/relayd/certs"
	"github.com/sebas642/intercessor/relayd/config"
	"github.com/sebas642/intercessor/relayd/edge"
	"github.com/sebas642/intercessor/relayd/plain"
	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/sebas642/intercessor/relayd/turn"
	"github.com/sebas642/intercessor/relayd/wsconn"
)

// A front serves the relay's address, with TLS an optional second one that redirects to it, and
// an optional one for TURN.
type front struct {
	relay   *relay.Relay
	turn    *turn.Server // nil if there is none
	proxies edge.Proxies
	gate    func(net.Listener) net.Listener
	tls     *tls.Config // nil without TLS

	servers []*http.Server
	listens []net.Listener   // one for each
	plain   net.Listener     // of listens, the one that redirects
	apart   net.Listener     // of listens, the one of turn.listen
	packets []net.PacketConn // of TURN
}

// listen opens the addresses. Shown is nil without TLS, t without TURN.
func listen(c *config.Config, r *relay.Relay, t *turn.Server, proxies edge.Proxies, shown *certificates, routes http.Handler) (*front, error) {
	f := &front{relay: r, turn: t, proxies: proxies, gate: r.Listener}
	if shown != nil {
		f.gate, f.tls = r.TLSListener, certs.Config(shown.Source, c.TLS.Version())
	}
	if err := f.open(c, shown, routes); err != nil {
		return nil, errors.Join(err, f.closeListeners())
	}
	return f, nil
}

func (f *front) open(c *config.Config, shown *certificates, routes http.Handler) (err error) {
	var main net.Listener
	if f.turn != nil && c.TURN.Listen == "" {
		main, f.packets, err = listenBoth(string(c.Listen), "--listen")
	} else {
		main, err = listenTCP(string(c.Listen), "--listen")
	}
	if err != nil {
		return err
	}
	secured := f.secured(main, f.relay.Handshakes)
	if f.packets != nil {
		secured = f.shared(secured)
	}
	f.add(secured, routes)
	if c.TLS.PlainListen != "" {
		below, err := listenTCP(string(c.TLS.PlainListen), "--tls-plain-listen")
		if err != nil {
			return err
		}
		f.plain = f.proxies.Listener(f.relay.Listener(below), headerWithin)
		f.add(f.plain, shown.answers(plain.Redirect(shown.Serves, main.Addr().(*net.TCPAddr).Port)))
	}
	if f.turn != nil && c.TURN.Listen != "" {
		var below net.Listener
		below, f.packets, err = listenBoth(string(c.TURN.Listen), "--turn-listen")
		if err != nil {
			return err
		}
		f.apart = f.shared(f.secured(below, func(l net.Listener) net.Listener { return l }))
		f.add(f.apart, http.HandlerFunc(noPage))
	}
	return nil
}

func listenTCP(address, flag string) (net.Listener, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, cannotListen(address, flag, err)
	}
	return listener, nil
}

// secured returns a listener whose connections are counted, and have their PROXY headers read and
// their TLS, in this order (T1). Without TLS it is what plain returns.
func (f *front) secured(below net.Listener, plain func(net.Listener) net.Listener) net.Listener {
	listener := f.proxies.Listener(f.gate(below), headerWithin)
	if f.tls == nil {
		return plain(listener)
	}
	return wsconn.ListenTLS(listener, f.tls)
}

// shared returns a listener that gives the connections of TURN to its server.
func (f *front) shared(below net.Listener) net.Listener {
	return f.turn.Listener(below, turn.Share{Within: headerWithin, Divert: f.relay.Divert, Faults: f.relay.ErrorLog()})
}

func (f *front) add(listener net.Listener, handler http.Handler) {
	server := newServer(handler, f.relay.ErrorLog())
	server.ConnState, server.ConnContext = f.relay.ConnState, f.relay.ConnContext
	f.listens, f.servers = append(f.listens, listener), append(f.servers, server)
}

// turnPort returns the port of turn.listen, 0 if there is none.
func (f *front) turnPort() int {
	if f.apart == nil {
		return 0
	}
	return f.apart.Addr().(*net.TCPAddr).Port
}

// closeListeners is for a front that does not serve.
func (f *front) closeListeners() (err error) {
	for _, listener := range f.listens {
		err = errors.Join(err, listener.Close())
	}
	for _, socket := range f.packets {
		err = errors.Join(err, socket.Close())
	}
	return err
}

// cannotListen explains err of [net.Listen].
func cannotListen(address, flag string, err error) error {
	var call *os.SyscallError
	if errors.As(err, &call) {
		err = call.Err // without the address a second time
	}
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("cannot listen on %s: %w; stop the other process or pass %s", address, err, flag)
	}
	return fmt.Errorf("cannot listen on %s: %w; choose another address with %s", address, err, flag)
}

// newServer returns a server with all timeouts set.
func newServer(handler http.Handler, faults *log.Logger) *http.Server {
	return &http.Server{
		Handler:           hurryBodies(handler),
		ReadHeaderTimeout: headerWithin, // and of the handshake of TLS
		ReadTimeout:       answerWithin,
		WriteTimeout:      answerWithin,
		IdleTimeout:       idleWithin,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          faults,
	}
}

// announce logs the addresses.
func (f *front) announce(log *slog.Logger) {
	scheme := "http"
	if f.tls != nil {
		scheme = "https"
	}
	for i, listener := range f.listens {
		switch address := listener.Addr().String(); {
		case i == 0:
			log.Info("listening", "address", address, "page", scheme+"://"+address+"/")
		case listener == f.plain:
			log.Info("redirecting to TLS", "address", address)
		}
	}
	if f.packets != nil {
		log.Info("TURN server", "udp", f.packets[0].LocalAddr().String(), "tcp", f.turnListener().Addr().String())
	}
}

func (f *front) turnListener() net.Listener {
	if f.apart != nil {
		return f.apart
	}
	return f.listens[0]
}

// serve sends one error for each address when its server ends.
func (f *front) serve() <-chan error {
	ended := make(chan error, len(f.servers))
	for i, server := range f.servers {
		go func() { ended <- server.Serve(f.listens[i]) }()
	}
	for _, socket := range f.packets {
		f.turn.ServePacket(socket)
	}
	return ended
}

// close stops the servers. Requests have until the context's end. It waits for the left
// servers that have not sent to ended.
func (f *front) close(ctx context.Context, ended <-chan error, left int) {
	if f.turn != nil {
		f.turn.Close()
	}
	for _, server := range f.servers {
		if err := server.Shutdown(ctx); err != nil {
			_ = server.Close()
		}
	}
	for range left {
		<-ended // http.ErrServerClosed: its goroutine has ended
	}
}

// hurryBodies bounds the time for a request's body. All expected bodies are short, but
// net/http would read an unexpected one for as long as an answer may take.
func hurryBodies(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 {
			_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(headerWithin))
		}
		next.ServeHTTP(w, r)
	})
}

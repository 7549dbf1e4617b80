package main

import (
	"context"
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
	"github.com/sebas642/intercessor/relayd/wsconn"
)

// A front serves the relay's address, and with TLS an optional second one that redirects
// to it.
type front struct {
	relay   *relay.Relay
	scheme  string
	servers []*http.Server
	listens []net.Listener // one for each
}

// listen opens the addresses. Shown is nil without TLS.
func listen(c *config.Config, r *relay.Relay, proxies edge.Proxies, shown *certificates, routes http.Handler) (*front, error) {
	f := &front{relay: r}
	gate := r.Listener
	if shown != nil {
		gate = r.TLSListener
	}
	listener, err := f.open(string(c.Listen), "--listen", gate, proxies, routes)
	if err != nil {
		return nil, err
	}
	f.scheme = "http"
	if shown == nil {
		f.listens[0] = r.Handshakes(listener)
		return f, nil
	}
	f.scheme = "https"
	f.listens[0] = wsconn.ListenTLS(listener, certs.Config(shown.Source, c.TLS.Version()))
	if c.TLS.PlainListen != "" {
		port := listener.Addr().(*net.TCPAddr).Port
		if _, err := f.open(string(c.TLS.PlainListen), "--tls-plain-listen", r.Listener, proxies, shown.answers(plain.Redirect(shown.Serves, port))); err != nil {
			return nil, errors.Join(err, listener.Close())
		}
	}
	return f, nil
}

func (f *front) open(address, flag string, gate func(net.Listener) net.Listener, proxies edge.Proxies, handler http.Handler) (net.Listener, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, cannotListen(address, flag, err)
	}
	listener = proxies.Listener(gate(listener), headerWithin)
	f.listens = append(f.listens, listener)
	server := newServer(handler, f.relay.ErrorLog())
	server.ConnState, server.ConnContext = f.relay.ConnState, f.relay.ConnContext
	f.servers = append(f.servers, server)
	return listener, nil
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
	for i, listener := range f.listens {
		if address := listener.Addr().String(); i == 0 {
			log.Info("listening", "address", address, "page", f.scheme+"://"+address+"/")
		} else {
			log.Info("redirecting to TLS", "address", address)
		}
	}
}

// serve sends one error for each address when its server ends.
func (f *front) serve() <-chan error {
	ended := make(chan error, len(f.servers))
	for i, server := range f.servers {
		go func() { ended <- server.Serve(f.listens[i]) }()
	}
	return ended
}

// close stops the servers. Requests have until the context's end. It waits for the left
// servers that have not sent to ended.
func (f *front) close(ctx context.Context, ended <-chan error, left int) {
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

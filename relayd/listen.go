package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/sebas642/intercessor/relayd/admit"
	"github.com/sebas642/intercessor/relayd/certs"
	"github.com/sebas642/intercessor/relayd/config"
	"github.com/sebas642/intercessor/relayd/plain"
	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/sebas642/intercessor/relayd/wsconn"
)

// A front is what peers connect to: the relay's address, and with TLS perhaps a
// second one that leads to it.
type front struct {
	relay   *relay.Relay
	scheme  string
	servers []*http.Server
	listens []net.Listener // one for each
}

// listen opens the addresses. Shown is nil without TLS.
func listen(c *config.Config, r *relay.Relay, proxies admit.Proxies, shown *certificates, routes http.Handler) (*front, error) {
	f := &front{relay: r}
	listener, err := f.open(string(c.Listen), "--listen", shown == nil, proxies, routes)
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
		if _, err := f.open(string(c.TLS.PlainListen), "--tls-plain-listen", true, proxies, shown.answers(plain.Redirect(shown.Serves, port))); err != nil {
			return nil, errors.Join(err, listener.Close())
		}
	}
	return f, nil
}

func (f *front) open(address, flag string, plain bool, proxies admit.Proxies, handler http.Handler) (net.Listener, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s: %w; another address can be given with %s", address, err, flag)
	}
	listener = proxies.Listener(f.relay.Listener(listener, plain), headerWithin)
	f.listens = append(f.listens, listener)
	server := newServer(handler, f.relay.ErrorLog())
	server.ConnState, server.ConnContext = f.relay.ConnState, f.relay.ConnContext
	f.servers = append(f.servers, server)
	return listener, nil
}

// newServer makes a server in which every wait has an end.
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

// says where people can connect to.
func (f *front) says(log *slog.Logger) {
	for i, listener := range f.listens {
		if address := listener.Addr().String(); i == 0 {
			log.Info("listening", "address", address, "page", f.scheme+"://"+address+"/")
		} else {
			log.Info("leading to the address with TLS", "address", address)
		}
	}
}

// serve gives one error for each address, when it ends.
func (f *front) serve() <-chan error {
	ended := make(chan error, len(f.servers))
	for i, server := range f.servers {
		go func() { ended <- server.Serve(f.listens[i]) }()
	}
	return ended
}

// close ends the servers, those requests that are under way by the context's end, and
// waits for as many as have not ended yet.
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

// hurryBodies bounds the time for the body of a request. None that is wanted here is long,
// and net/http reads the others too before it answers, for as long as a whole answer may take.
func hurryBodies(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 {
			_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(headerWithin))
		}
		next.ServeHTTP(w, r)
	})
}

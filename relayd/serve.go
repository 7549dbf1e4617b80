package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/sebas642/intercessor/relayd/admit"
	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/sebas642/intercessor/web"
)

const (
	// headerWithin bounds a handshake: who drips its bytes is cut.
	headerWithin = 5 * time.Second
	maxHeader    = 8 << 10 // bytes

	// The page and its WebAssembly have to get through a slow phone's link.
	answerWithin = 2 * time.Minute
	idleWithin   = 30 * time.Second

	// shutdownWithin keeps below the ten seconds after which supervisors kill.
	shutdownWithin = 8 * time.Second
)

// serve runs the relay until the context ends; then it closes every connection
// and returns. From then on a second signal ends the process at once, because
// signals are given back first.
func serve(ctx context.Context, giveBackSignals func(), s *settings, log *slog.Logger) error {
	origins, err := admit.NewOrigins(s.origins)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", s.listen)
	if err != nil {
		return fmt.Errorf("cannot listen on %s: %w; another address can be given with --listen", s.listen, err)
	}

	r := relay.New(relay.Config{Origins: origins, Log: log})
	server := &http.Server{
		Handler:           routes(r),
		ReadHeaderTimeout: headerWithin,
		ReadTimeout:       answerWithin,
		WriteTimeout:      answerWithin,
		IdleTimeout:       idleWithin,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	log.Info("listening", "address", listener.Addr().String(), "page", "http://"+listener.Addr().String()+"/")

	var tidying sync.WaitGroup
	defer tidying.Wait()
	serving, served := context.WithCancel(ctx)
	defer served()
	tidying.Go(func() { tidy(serving, func() int { return r.Stats().Sessions }) })

	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return errors.Join(err, r.Shutdown(ctx))
	case <-ctx.Done():
	}
	giveBackSignals()
	log.Info("shutting down", "within", shutdownWithin)

	late, cancel := context.WithTimeout(context.Background(), shutdownWithin)
	defer cancel()
	if err := r.Shutdown(late); err != nil {
		log.Warn("some peers did not answer the close and were cut")
	}
	if err := server.Shutdown(late); err != nil {
		_ = server.Close()
	}
	<-failed // http.ErrServerClosed: its goroutine has ended
	log.Info("ended")
	return nil
}

// routes puts the relay, its health and the page under one roof.
func routes(r *relay.Relay) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/server", r)
	mux.Handle("/client/{id}", r)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = fmt.Fprintln(w, "ok")
	})
	mux.Handle("/", web.Handler())
	return mux
}

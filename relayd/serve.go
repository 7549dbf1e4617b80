package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/sebas642/intercessor/relayd/admit"
	"github.com/sebas642/intercessor/relayd/config"
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

	// endWithin keeps below the ten seconds after which a supervisor kills that
	// nobody told to wait longer. When a drain has used them up, closeWithin is what
	// the rest still has for its closing handshakes.
	endWithin   = 9500 * time.Millisecond
	closeWithin = 1500 * time.Millisecond
)

// serve runs the relay until the context ends; then it drains it (D8), closes every
// connection that is left, and returns. From then on a second signal ends the
// process at once, because signals are given back first.
func serve(ctx context.Context, giveBackSignals func(), c *config.Config, load loader, level *slog.LevelVar, log *slog.Logger) error {
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP) // on Windows there is none
	keys, before, err := resumeKeys(c, log)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("cannot listen on %s: %w; another address can be given with --listen", c.Listen, err)
	}

	r := relay.New(relay.Config{Tokens: admit.NewTokens(keys...), Returning: before, Log: log})
	run := &running{relay: r, level: level, log: log}
	if err := run.apply(c); err != nil {
		return errors.Join(err, listener.Close(), r.Shutdown(ctx))
	}
	var ending atomic.Bool
	server := &http.Server{
		Handler:           routes(r, &ending),
		ReadHeaderTimeout: headerWithin,
		ReadTimeout:       answerWithin,
		WriteTimeout:      answerWithin,
		IdleTimeout:       idleWithin,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	log.Info("listening", "address", listener.Addr().String(), "page", "http://"+listener.Addr().String()+"/")

	var besides sync.WaitGroup
	defer besides.Wait()
	serving, served := context.WithCancel(context.Background())
	defer served()
	besides.Go(func() { tidy(serving, func() int { return r.Stats().Sessions }) })
	besides.Go(func() { run.reloads(serving, hangups, load) })

	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return errors.Join(err, r.Shutdown(ctx))
	case <-ctx.Done():
	}
	giveBackSignals()
	end := time.Now().Add(endWithin)
	ending.Store(true)
	log.Info("shutting down; a second signal ends at once", "drain", c.Drain)

	// The listener stays open meanwhile: who comes is told to come back (B6), and a
	// load balancer that /readyz is not the time.
	if c.Drain > 0 {
		_ = r.Drain(context.Background(), c.Drain)
	}
	if least := time.Now().Add(closeWithin); end.Before(least) {
		end = least
	}
	late, cancel := context.WithDeadline(context.Background(), end)
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
func routes(r *relay.Relay, ending *atomic.Bool) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/server", r)
	mux.Handle("/client/{id}", r)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		say(w, http.StatusOK, "ok")
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if ending.Load() {
			say(w, http.StatusServiceUnavailable, "shutting down")
			return
		}
		say(w, http.StatusOK, "ready")
	})
	mux.Handle("/", web.Handler())
	return mux
}

func say(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store") // true now, and perhaps not in a moment
	w.WriteHeader(status)
	_, _ = fmt.Fprintln(w, text)
}

package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/config"
	"github.com/sebas642/intercessor/relayd/edge"
	"github.com/sebas642/intercessor/relayd/identifier"
	"github.com/sebas642/intercessor/relayd/quota"
	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/sebas642/intercessor/relayd/resume"
	"github.com/sebas642/intercessor/web"
)

const (
	// headerWithin bounds a handshake, against clients that send it slowly.
	headerWithin = 5 * time.Second
	maxHeader    = 8 << 10 // bytes; net/http takes 4 KiB more

	// Enough for the page and its WebAssembly on a slow phone.
	answerWithin = 2 * time.Minute
	idleWithin   = 30 * time.Second

	// endWithin is below the ten seconds after which a supervisor kills by default. After
	// a drain that took longer, closeWithin bounds the remaining closing handshakes.
	endWithin   = 9500 * time.Millisecond
	closeWithin = 1500 * time.Millisecond

	// leaveWithin bounds how long a node takes to leave its cluster.
	leaveWithin = time.Second
)

// serve runs the relay until the context ends. Then it drains it (D8), closes the remaining
// connections, and returns. It calls end, which ends the context too, so that a second signal
// kills the process.
func serve(ctx context.Context, end func(), c *config.Config, sources config.Sources, load loader, hangups <-chan os.Signal, out logger) error {
	log := out.Logger
	keys, before, err := resumeKeys(c, log)
	if err != nil {
		return err
	}
	operator, err := openOperator(c.Admin)
	if err != nil {
		return err
	}
	defer operator.close()
	proxies, err := edge.NewProxies(c.Proxy.Trusted, c.Proxy.Protocol)
	if err != nil {
		return err
	}
	shown, err := openCertificates(c, log)
	if err != nil {
		return err
	}

	newServerID, err := identifier.New(c.IDs.Server, c.IDs.Words)
	if err != nil {
		return err
	}
	var newSafeServerID func() protocol.ID
	if c.IDs.Server == identifier.Words && c.IDs.Words < identifier.SafeWords {
		if newSafeServerID, err = identifier.New(c.IDs.Server, identifier.SafeWords); err != nil {
			return err
		}
	}
	newClientID, err := identifier.New(c.IDs.Client, c.IDs.Words)
	if err != nil {
		return err
	}

	room := openFiles()
	if c.Cluster.Enabled() { // a forward needs two sockets at this node, and one at the other
		room /= 3
	}
	member, err := openCluster(c, keys, room.sockets(), operator.looked(), end, log)
	if err != nil {
		return err
	}
	defer func() {
		late, cancel := context.WithTimeout(context.Background(), leaveWithin)
		defer cancel()
		member.close(late)
	}()

	counted := quota.NewTable(proxies.Any())
	r := relay.New(relay.Config{
		Sources:     counted,
		Tokens:      resume.NewTokens(keys...),
		Returning:   before,
		NotBefore:   notBefore(c),
		Proxies:     proxies,
		NewServerID: newServerID,

		NewSafeServerID: newSafeServerID,

		NewClientID:  newClientID,
		Watch:        operator.watch(),
		Cluster:      member.cluster(),
		Names:        member.nameKey(),
		Log:          log,
		OutboxBytes:  int(c.Limits.OutboxBytes),
		OutboxFrames: c.Limits.OutboxMessages,
		WaitingBytes: int64(c.Limits.WaitingBytes),

		IncomingBytes: int64(c.Limits.IncomingBytes),
		Sockets:       room.sockets(),
	})
	door := newDoor(counted, func(err error) {
		log.Warn("cannot get the keys of tokens; the known ones stay valid for a day", "error", err)
	})
	defer door.client.CloseIdleConnections()
	own, err := openTURN(c.TURN, r, keys, log)
	if err != nil {
		return errors.Join(err, r.Shutdown(ctx))
	}
	if own != nil {
		defer own.Close()
	}
	var ending atomic.Bool
	front, err := listen(c, r, own, proxies, shown, routes(r, proxies, &ending))
	if err != nil {
		return errors.Join(err, r.Shutdown(ctx))
	}
	run := &running{relay: r, turn: own, turnPort: front.turnPort(), shown: shown, room: room, door: door, level: out.level, log: log}
	if err := run.apply(c, sources); err != nil {
		return errors.Join(err, r.Shutdown(ctx), front.closeListeners())
	}
	if err := member.enter(ctx, r); err != nil {
		err = errors.Join(err, r.Shutdown(ctx), front.closeListeners())
		if ctx.Err() != nil { // a signal has ended the wait
			log.Info("ended")
			return nil
		}
		return err
	}
	front.announce(log)

	var background sync.WaitGroup
	defer background.Wait()
	serving, served := context.WithCancel(context.Background())
	defer served()
	background.Go(func() { tidy(serving, r.Sessions) })
	background.Go(func() { run.reloads(serving, hangups, load) })
	if operator != nil {
		operator.metrics.FollowLog(out.queue.Dropped)
		if shown != nil {
			operator.metrics.FollowCertificates(shown.NotAfter, shown.failures.Load)
		}
		if own != nil {
			operator.metrics.FollowTURN(own.Stats)
		}
		if member != nil {
			operator.metrics.FollowCluster(member.node.Stats)
		}
		background.Go(func() {
			operator.serve(serving, r, own, member.nodes(), c.Drain, func() bool { return !ending.Load() }, end, log)
		})
	}

	if shown != nil {
		background.Go(func() { shown.tend(serving) })
	}

	failed := front.serve()
	select {
	case err := <-failed:
		err = errors.Join(err, r.Shutdown(ctx))
		front.close(ctx, failed, len(front.servers)-1)
		return err
	case <-ctx.Done():
	}
	end()
	latest := time.Now().Add(endWithin)
	ending.Store(true)
	log.Info("shutting down; a second signal ends at once", "drain", c.Drain)

	// The listener stays open: new peers are told to come back (B6), and /readyz tells load
	// balancers that the relay is not ready.
	if c.Drain > 0 {
		member.drain(context.Background(), r, c.Drain)
	}
	if least := time.Now().Add(closeWithin); latest.Before(least) {
		latest = least
	}
	late, cancel := context.WithDeadline(context.Background(), latest)
	defer cancel()
	if err := r.Shutdown(late); err != nil {
		log.Warn("some peers did not answer the close and were disconnected")
	}
	front.close(late, failed, len(front.servers))
	log.Info("ended")
	return nil
}

// routes returns the handler of the relay, the health paths and the page.
func routes(r *relay.Relay, proxies edge.Proxies, ending *atomic.Bool) http.Handler {
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
	pages := unlessLate(r, web.Handler())
	mux.Handle("/", pages)
	mux.Handle("/sdk/", shareSDK(r, pages))
	mux.Handle("POST /qr", limitQR(proxies, pages))
	return mux
}

// shareSDK lets the pages load the SDK that may also connect, those of other origins too (CORS).
func shareSDK(r *relay.Relay, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		w.Header().Add("Vary", "Origin")
		if origin := request.Header.Get("Origin"); origin != "" && r.AdmitsOrigin(request) {
			w.Header().Set("Access-Control-Allow-Origin", origin)
		}
		next.ServeHTTP(w, request)
	})
}

// unlessLate admits only the health paths when sockets are short; see [relay.Relay.RefuseLate].
func unlessLate(r *relay.Relay, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		if !r.RefuseLate(w, request) {
			next.ServeHTTP(w, request)
		}
	})
}

func say(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Connection", "close")       // others may need the socket
	w.Header().Set("Cache-Control", "no-store") // the answer may change at any moment
	w.WriteHeader(status)
	_, _ = fmt.Fprintln(w, text)
}

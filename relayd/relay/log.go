package relay

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"log"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/access"
	"github.com/sebas642/intercessor/relayd/quota"
)

// logger is the home of every log line of this package. An ID opens a room or
// names who is in it, so a line holds only its hash under a key that lives as
// long as the process: enough to follow a room through one log, and no more.
// Whoever logs holds no lock and keeps nobody waiting: a standard error that nobody
// reads blocks its writer. All of these lines are caused by peers, so each kind has a limit.
type logger struct {
	slog    *slog.Logger // static, as are the next
	key     []byte
	started time.Time

	closes, refusals, strangers, joins, leaves, http kind
}

func newLogger(to *slog.Logger) logger {
	key := make([]byte, sha256.Size)
	_, _ = rand.Read(key) // never fails: see crypto/rand
	return logger{
		slog: to, key: key, started: time.Now(),
		closes: kind{name: "closed by the relay"}, refusals: kind{name: "refused"}, strangers: kind{name: "not authorized"},
		joins: kind{name: "joined"}, leaves: kind{name: "left"}, http: kind{name: "http"},
	}
}

func (l *logger) hash(id protocol.ID) string {
	mac := hmac.New(sha256.New, l.key)
	mac.Write([]byte(id))
	return hex.EncodeToString(mac.Sum(nil)[:4])
}

// about writes a line about a session, within the limit of its kind. What is hashed is
// hashed only for a line that is written.
func (l *logger) about(s *session, level slog.Level, what *kind, more ...any) {
	ctx := context.Background()
	if !l.slog.Enabled(ctx, level) || !l.may(what) {
		return
	}
	args := []any{"role", "client"}
	if s.server {
		args = []any{"role", "server"}
	}
	switch {
	case s.id == "": // it was refused before it got one
	case s.server:
		args = append(args, "room", l.hash(s.id))
	case s.lobby != nil:
		args = append(args, "room", l.hash(s.lobby.id), "peer", l.hash(s.id))
	}
	args = append(args, "remote", s.source)
	l.slog.Log(ctx, level, what.name, append(args, more...)...)
}

// Who comes and goes is everyday business; whom the relay closes is not.

func (l *logger) joined(s *session) {
	l.about(s, slog.LevelDebug, &l.joins)
}

func (l *logger) ended(s *session, entered bool) {
	how, closed := s.conn.End()
	others, _ := how.Tag.(*together)
	switch {
	case !closed, how.ByPeer:
	case how.Code == uint16(protocol.CodeRestarting), how.Code == uint16(protocol.CodeAccessRefused): // another line says so already
		l.about(s, slog.LevelDebug, &l.closes, "code", int(how.Code), "reason", how.Reason)
	case others == nil:
		l.about(s, slog.LevelInfo, &l.closes, "code", int(how.Code), "reason", how.Reason)
	case !others.told.Swap(true): // one line for all of them
		l.about(s, slog.LevelInfo, &l.closes, "code", int(how.Code), "reason", how.Reason, "clients", others.clients)
	}
	if entered {
		l.about(s, slog.LevelDebug, &l.leaves)
	}
}

func (l *logger) refused(source netip.Addr, why string) {
	if l.may(&l.refusals) {
		l.slog.Info(l.refusals.name, "remote", source, "why", why)
	}
}

// notAuthorized says why a peer was not let in, which the peer does not learn. The room is
// the one that it asked for.
func (l *logger) notAuthorized(r access.Request, why error) {
	if !l.may(&l.strangers) {
		return
	}
	args := []any{"role", r.Role(), "why", why.Error()}
	if r.Room != "" {
		args = append(args, "room", l.hash(protocol.ID(r.Room)))
	}
	l.slog.Info(l.strangers.name, append(args, "remote", r.Source)...)
}

// lines is how many of each kind of line that peers can cause may be written.
var lines = quota.PerSecond(10, 100)

// tellEvery is how often it is told how many lines were left out.
const tellEvery = 10 * time.Second

// A kind is one kind of line that peers can cause, with its limit.
type kind struct {
	name string // static

	mu   sync.Mutex
	used quota.Meter // guarded by mu
	left int         // guarded by mu: lines left out that were not told of
}

// may reports whether a line of a kind may be written now, and counts it.
func (l *logger) may(k *kind) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := time.Since(l.started)
	if k.used.Wait(lines, 1, now) > 0 {
		k.left++
		return false
	}
	k.used.Take(lines, 1, now)
	return true
}

// leftOut returns how many lines were left out since it was last called.
func (k *kind) leftOut() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	defer func() { k.left = 0 }()
	return k.left
}

// tell says how many lines of each kind were left out, until ctx ends.
func (l *logger) tell(ctx context.Context) {
	again := time.NewTicker(tellEvery)
	defer again.Stop()
	for {
		select {
		case <-again.C:
			l.tellNow()
		case <-ctx.Done():
			return
		}
	}
}

func (l *logger) tellNow() {
	for _, k := range []*kind{&l.closes, &l.refusals, &l.strangers, &l.joins, &l.leaves, &l.http} {
		if n := k.leftOut(); n > 0 {
			l.slog.Info("lines left out", "kind", k.name, "count", n)
		}
	}
}

// ErrorLog is for [http.Server.ErrorLog]: what peers cause there goes to Config.Log at debug,
// and a handler's panic as an error, within the limit of lines.
func (r *Relay) ErrorLog() *log.Logger { return log.New(httpLines{&r.log}, "", 0) }

type httpLines struct{ to *logger }

func (l httpLines) Write(line []byte) (int, error) {
	ctx, level := context.Background(), slog.LevelDebug
	if bytes.HasPrefix(line, []byte("http: panic ")) {
		level = slog.LevelError
	}
	if l.to.slog.Enabled(ctx, level) && l.to.may(&l.to.http) {
		l.to.slog.Log(ctx, level, string(bytes.TrimSuffix(line, []byte("\n"))))
	}
	return len(line), nil
}

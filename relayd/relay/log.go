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

// logger writes the log lines that peers cause. An ID is a secret, so a line holds only its
// hash (Config.Names). A line may block, as standard error does when it is not
// read: call these methods without a lock, and where no peer waits. Each kind of line has a
// rate limit.
type logger struct {
	slog    *slog.Logger // static, as are key and started
	key     []byte
	started time.Time

	closes, refusals, strangers, joins, leaves, http kind
}

func newLogger(to *slog.Logger, key []byte) logger {
	if key == nil {
		key = make([]byte, sha256.Size)
		_, _ = rand.Read(key) // never fails: see crypto/rand
	}
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

// about writes a line about a session, within the limit of its kind. It hashes IDs only for
// a line that is written.
func (l *logger) about(s *session, level slog.Level, what *kind, more ...any) {
	ctx := context.Background()
	if !l.slog.Enabled(ctx, level) || !l.allow(what) {
		return
	}
	args := []any{"role", "client"}
	if s.server {
		args = []any{"role", "server"}
	}
	switch {
	case s.id == "": // refused before it got an ID
	case s.server:
		args = append(args, "room", l.hash(s.id))
	case s.lobby != nil:
		args = append(args, "room", l.hash(s.lobby.id), "peer", l.hash(s.id))
	}
	args = append(args, "remote", s.source)
	l.slog.Log(ctx, level, what.name, append(args, more...)...)
}

func (l *logger) joined(s *session) {
	l.about(s, slog.LevelDebug, &l.joins)
}

func (l *logger) ended(s *session, entered bool) {
	how, closed := s.conn.End()
	others, _ := how.Tag.(*together)
	switch {
	case !closed, how.ByPeer:
	case how.Code == uint16(protocol.CodeRestarting), how.Code == uint16(protocol.CodeAccessRefused): // another line reports it
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
	if l.allow(&l.refusals) {
		l.slog.Info(l.refusals.name, "remote", source, "why", why)
	}
}

// disagreed logs that another node has accepted a resume token that this one does not.
func (l *logger) disagreed(node, why string) {
	if l.allow(&l.refusals) {
		l.slog.Warn("another node accepts a resume token that this one refuses: it has just started, or the clocks or resume keys of the two differ", "node", node, "why", why)
	}
}

// notAuthorized logs why a peer was refused, which the peer itself does not learn. The line
// has the room that the peer asked for.
func (l *logger) notAuthorized(r access.Request, why error) {
	if !l.allow(&l.strangers) {
		return
	}
	args := []any{"role", r.Role(), "why", why.Error()}
	if r.Room != "" {
		args = append(args, "room", l.hash(protocol.ID(r.Room)))
	}
	l.slog.Info(l.strangers.name, append(args, "remote", r.Source)...)
}

// lines is the rate limit of each kind of line.
var lines = quota.PerSecond(10, 100)

// tellEvery is how often the log reports how many lines were left out.
const tellEvery = 10 * time.Second

// A kind is a kind of line, with what it has used of its limit.
type kind struct {
	name string // static

	mu   sync.Mutex
	used quota.Meter // guarded by mu
	left int         // guarded by mu: lines left out since the last report
}

// allow reports whether a line of a kind may be written now, and counts it. It may be called
// concurrently.
func (l *logger) allow(k *kind) bool {
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

// leftOut returns how many lines were left out since the last call.
func (k *kind) leftOut() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	defer func() { k.left = 0 }()
	return k.left
}

// tell reports every tellEvery how many lines of each kind were left out, until ctx ends.
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

// ErrorLog returns a logger for [http.Server.ErrorLog]. It writes to Config.Log within the
// rate limit: a handler's panic at level error, everything else at level debug.
func (r *Relay) ErrorLog() *log.Logger { return log.New(httpLines{&r.log}, "", 0) }

type httpLines struct{ to *logger }

func (l httpLines) Write(line []byte) (int, error) {
	ctx, level := context.Background(), slog.LevelDebug
	if bytes.HasPrefix(line, []byte("http: panic ")) {
		level = slog.LevelError
	}
	if l.to.slog.Enabled(ctx, level) && l.to.allow(&l.to.http) {
		l.to.slog.Log(ctx, level, string(bytes.TrimSuffix(line, []byte("\n"))))
	}
	return len(line), nil
}

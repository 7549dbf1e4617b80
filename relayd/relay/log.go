package relay

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"net/netip"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/admit"
)

// logger is the home of every log line of this package. An ID opens a room or
// names who is in it, so a line holds only its hash under a key that lives as
// long as the process: enough to follow a room through one log, and no more.
// Whoever logs holds no lock and keeps nobody waiting: a standard error that nobody
// reads blocks its writer. All of these lines are caused by peers, so each kind has a limit.
type logger struct {
	slog *slog.Logger // static, as is the next
	key  []byte

	closes, refusals, strangers, joins, leaves, http kind
}

func newLogger(to *slog.Logger) logger {
	key := make([]byte, sha256.Size)
	_, _ = rand.Read(key) // never fails: see crypto/rand
	return logger{
		slog: to, key: key,
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
	if !l.slog.Enabled(ctx, level) || !what.may() {
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
	if l.refusals.may() {
		l.slog.Info(l.refusals.name, "remote", source, "why", why)
	}
}

// notAuthorized says why a peer was not let in, which the peer does not learn. The room is
// the one that it asked for.
func (l *logger) notAuthorized(r admit.Request, why error) {
	if !l.strangers.may() {
		return
	}
	args := []any{"role", r.Role(), "why", why.Error()}
	if r.Room != "" {
		args = append(args, "room", l.hash(protocol.ID(r.Room)))
	}
	l.slog.Info(l.strangers.name, append(args, "remote", r.Source)...)
}

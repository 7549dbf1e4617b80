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
// reads blocks its writer.
type logger struct {
	slog *slog.Logger
	key  []byte
}

func newLogger(to *slog.Logger) logger {
	key := make([]byte, sha256.Size)
	_, _ = rand.Read(key) // never fails: see crypto/rand
	return logger{slog: to, key: key}
}

func (l logger) hash(id protocol.ID) string {
	mac := hmac.New(sha256.New, l.key)
	mac.Write([]byte(id))
	return hex.EncodeToString(mac.Sum(nil)[:4])
}

// about writes a line about a session. What is hashed is hashed only for a line
// that is written.
func (l logger) about(s *session, level slog.Level, what string, more ...any) {
	ctx := context.Background()
	if !l.slog.Enabled(ctx, level) {
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
	l.slog.Log(ctx, level, what, append(args, more...)...)
}

// Who comes and goes is everyday business; whom the relay closes is not.

func (l logger) joined(s *session) {
	l.about(s, slog.LevelDebug, "joined")
}

func (l logger) ended(s *session, entered bool) {
	if how := s.ending.Load(); how != nil && !how.byPeer {
		l.about(s, slog.LevelInfo, "closed by the relay", "code", int(how.code), "reason", how.reason)
	}
	if entered {
		l.about(s, slog.LevelDebug, "left")
	}
}

func (l logger) refused(source netip.Addr, why string) {
	l.slog.Info("refused", "remote", source, "why", why)
}

// notAuthorized says why a peer was not let in, which the peer does not learn. The room is
// the one that it asked for.
func (l logger) notAuthorized(r admit.Request, why error) {
	args := []any{"role", r.Role(), "why", why.Error()}
	if r.Room != "" {
		args = append(args, "room", l.hash(protocol.ID(r.Room)))
	}
	l.slog.Info("not authorized", append(args, "remote", r.Source)...)
}

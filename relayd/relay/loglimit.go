package relay

import (
	"bytes"
	"context"
	"log"
	"log/slog"
	"sync"
	"time"
)

// Of each kind of line that peers can cause, so many may be written at once, and so many a
// second after that.
const (
	lineBurst   = 100
	linesSecond = 10
)

// tellEvery is how often it is told how many lines were left out.
const tellEvery = 10 * time.Second

// A kind is one kind of line that peers can cause, with its limit.
type kind struct {
	name string // static

	mu   sync.Mutex
	at   time.Time // guarded by mu: when nothing of the burst is used, linesSecond reckoned in
	left int       // guarded by mu: lines left out that were not told of
}

// may reports whether a line of this kind may be written now, and counts it.
func (k *kind) may() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	const each = time.Second / linesSecond
	now := time.Now()
	if k.at.Before(now) {
		k.at = now
	}
	if k.at.Sub(now) > (lineBurst-1)*each {
		k.left++
		return false
	}
	k.at = k.at.Add(each)
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
	if l.to.slog.Enabled(ctx, level) && l.to.http.may() {
		l.to.slog.Log(ctx, level, string(bytes.TrimSuffix(line, []byte("\n"))))
	}
	return len(line), nil
}

package main

import (
	"context"
	"io"
	"log/slog"
	"os/signal"
	"syscall"
	"time"

	"github.com/sebas642/intercessor/relayd/config"
	"github.com/sebas642/intercessor/relayd/logqueue"
)

// flushWithin is for the last lines at the end. It fits, with endWithin, into the ten seconds
// after which a supervisor kills.
const flushWithin = 250 * time.Millisecond

// A logger is what relayd logs with. Neither a standard error that takes nothing nor one
// that is gone holds up or ends the service.
type logger struct {
	*slog.Logger
	level *slog.LevelVar
	queue *logqueue.Queue
}

// openLog makes the logger, also for what uses the packages log and slog by themselves.
func openLog(stderr io.Writer, c config.Log) logger {
	// Else a write to a standard error whose reader has gone ends the process.
	signal.Ignore(syscall.SIGPIPE)
	level := new(slog.LevelVar)
	level.Set(c.Level)
	queue := logqueue.New(stderr, func(w io.Writer, lines uint64) {
		newLog(w, c.Format, level).Error("log lines were dropped: standard error did not take them", "lines", lines)
	})
	log := newLog(queue, c.Format, level)
	slog.SetDefault(log)
	return logger{log, level, queue}
}

func (l logger) close() {
	ctx, cancel := context.WithTimeout(context.Background(), flushWithin)
	defer cancel()
	l.queue.Close(ctx)
}

func newLog(to io.Writer, format string, level slog.Leveler) *slog.Logger {
	options := &slog.HandlerOptions{Level: level}
	if format == "json" {
		return slog.New(slog.NewJSONHandler(to, options))
	}
	return slog.New(slog.NewTextHandler(to, options))
}

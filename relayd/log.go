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

// flushWithin bounds the wait for the last lines. Together with endWithin it is below the
// ten seconds after which a supervisor kills.
const flushWithin = 250 * time.Millisecond

// A logger is relayd's log. A blocked or closed standard error neither delays nor ends the
// service.
type logger struct {
	*slog.Logger
	level *slog.LevelVar
	queue *logqueue.Queue
}

// openLog makes the logger and sets it as the default of the packages log and slog.
func openLog(stderr io.Writer, c config.Log) logger {
	// Otherwise a write to a closed standard error ends the process.
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

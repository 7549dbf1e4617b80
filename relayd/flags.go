package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/sebas642/intercessor/relayd/admit"
)

const (
	defaultDrain = 8 * time.Second
	maxDrain     = 10 * time.Minute
	maxKeyFiles  = 2 // two, while one takes the place of the other
)

// settings are what the flags of serve say.
type settings struct {
	listen    string
	origins   []string
	stateDir  string // "": the default one
	keyFiles  []string
	drain     time.Duration
	logLevel  slog.LevelVar
	logFormat string
}

func serveFlags() (*flag.FlagSet, *settings) {
	s := new(settings)
	flags := flag.NewFlagSet("relayd serve", flag.ContinueOnError)
	flags.StringVar(&s.listen, "listen", "127.0.0.1:8000", "`address` to listen on; :8000 is every interface, port 0 a free port")
	flags.Func("origin", "`origin` of further web pages that may connect, as https://app.example; may be repeated (pages of the relay's own host always may)", func(origin string) error {
		s.origins = append(s.origins, origin)
		_, err := admit.NewOrigins(s.origins)
		return err
	})
	flags.StringVar(&s.stateDir, "state-dir", os.Getenv("RELAYD_STATE_DIR"), "`folder` of the key that resume tokens are signed with, made if it is not there; RELAYD_STATE_DIR is its default, "+
		"then $STATE_DIRECTORY of systemd, $XDG_STATE_HOME/intercessor, ~/.local/state/intercessor")
	flags.Func("key-file", "`file` of that key, in place of the state folder's: 32 bytes in base64, as openssl rand -base64 32 prints them; "+
		"given twice to replace a key, the first signs and both are accepted", func(file string) error {
		if file == "" || len(s.keyFiles) == maxKeyFiles {
			return errors.New("one file, or two: the new key and the old")
		}
		s.keyFiles = append(s.keyFiles, file)
		return nil
	})
	flags.DurationVar(&s.drain, "drain", defaultDrain, "`duration` over which peers are sent away when relayd is told to end, 0 for all at once; a supervisor has to wait 2s longer before it kills")
	flags.TextVar(&s.logLevel, "log-level", &s.logLevel, "`level` of the log: debug, info, warn or error; RELAYD_LOG is its default")
	flags.StringVar(&s.logFormat, "log-format", "text", "`format` of the log: text or json")
	flags.Usage = func() {
		fmt.Fprint(flags.Output(), usage)
		flags.PrintDefaults()
	}
	return flags, s
}

// check finds what a flag cannot find on its own.
func (s *settings) check() error {
	switch {
	case s.drain < 0 || s.drain > maxDrain:
		return fmt.Errorf("--drain is %v, and must be from 0s to %v", s.drain, maxDrain)
	case s.logFormat != "text" && s.logFormat != "json":
		return fmt.Errorf("--log-format is %q, and must be text or json", s.logFormat)
	}
	return nil
}

func (s *settings) newLog(to io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: &s.logLevel}
	if s.logFormat == "json" {
		return slog.New(slog.NewJSONHandler(to, options))
	}
	return slog.New(slog.NewTextHandler(to, options))
}

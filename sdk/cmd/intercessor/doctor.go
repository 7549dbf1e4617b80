package main

import (
	"context"
	"flag"
	"fmt"
	"strconv"
	"time"

	"github.com/sebas642/intercessor/doctor"
)

// An examination is what the flags of doctor say.
type examination struct {
	clientSecretFile string
	page             string
	stay             stay
	asJSON           bool
}

// A stay is the value of --long, or of --long=TIME.
type stay time.Duration

func (s *stay) String() string   { return "" }
func (s *stay) IsBoolFlag() bool { return true }

func (s *stay) Set(text string) error {
	if on, err := strconv.ParseBool(text); err == nil {
		*s = 0
		if on {
			*s = stay(doctor.LongStay)
		}
		return nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return fmt.Errorf("it is a duration, as --long=%v", doctor.LongStay)
	}
	*s = stay(d)
	return nil
}

func (c command) doctorFlags(flags *flag.FlagSet, inv *invocation) {
	relayFlags(flags, inv)
	e := &inv.examined
	flags.StringVar(&e.clientSecretFile, "client-secret-file", "", "a `FILE` with the secret of clients, if it is another one than that of servers")
	flags.StringVar(&e.page, "page", "", "the `URL` of a page that uses the relay: may it connect?")
	flags.Var(&e.stay, "long", "also keep a connection open for 70 s, or for as long as --long=TIME says")
	flags.BoolFunc("json", "print one JSON object, for a monitor", func(text string) (err error) {
		e.asJSON, err = strconv.ParseBool(text)
		return err
	})
}

// examine takes each step of a client, and prints what came of it.
func examine(ctx context.Context, inv *invocation) error {
	e := inv.examined
	config := doctor.Config{
		URL: inv.relay, Secret: inv.secret, Page: e.page, Stay: time.Duration(e.stay),
		After: []doctor.Step{{Name: "data channel", Run: inv.measureChannel}},
	}
	config.TLS = inv.tlsConfig()
	if e.clientSecretFile != "" {
		secret, err := readSecret(e.clientSecretFile)
		if err != nil {
			return err
		}
		inv.clientSecret, config.ClientSecret = secret, secret
	}
	printer := doctor.NewPrinter(inv.out)
	if !e.asJSON {
		config.Each = printer.Result
	}
	report, err := doctor.Run(ctx, config)
	switch {
	case report == nil:
		return usageError{problem: err.Error()}
	case err != nil:
		return err
	case e.asJSON:
		err = report.WriteJSON(inv.out)
	default:
		printer.Summary(report)
	}
	if code := report.Exit(); err == nil && code != exitDone {
		err = exitError(code)
	}
	return err
}

package main

import (
	"context"
	"crypto/tls"
	"flag"
	"fmt"
	"os"
	"strings"

	"github.com/agnivade/levenshtein"

	"github.com/sebas642/intercessor/sdk"
)

const defaultRelay = "ws://127.0.0.1:8000/server"

// A command is one verb of the command line.
type command struct {
	name, operands string
	least, most    int // number of operands
	summary        string
	details        string // more of the help text
	into           string // help text of --into; empty if the command receives no files
	flags          func(command, *flag.FlagSet, *invocation)
	run            func(context.Context, *invocation) error
}

func (c command) usage() string {
	return strings.TrimSpace("intercessor " + c.name + " " + c.operands)
}

// An invocation is a parsed command line.
type invocation struct {
	stdio
	teller
	operands  []string
	relay     string // the relay's address as a listener uses it: ws://HOST/server
	name      string // what the others in the room see
	into      string // the folder for received files; empty if it was not given
	ice       []string
	iceSecret string // the credential of the TURN servers of ice that name a user
	paths     sdk.Paths
	identity  string // the file that keeps this peer's ID; empty if there is none
	secret    string // the passphrase or access token; empty if there is none

	secretFile, iceSecretFile string // where finish reads the secrets

	fingerprint *fingerprint // of the relay's certificate; nil for the usual checks
	authorities *tls.Config  // of --ca; nil for those of the system

	how    manner // when send and receive end
	yes    bool   // receive takes what is offered without asking
	limits limits // of receive

	examined     examination // what doctor does
	clientSecret string      // that of clients, for doctor; empty if it is no other one
}

// dispatch finds the command, reads its flags and runs it.
func dispatch(ctx context.Context, std stdio, args []string) error {
	if len(args) == 0 {
		printUsage(std.err)
		return usageError{problem: "no command given"}
	}
	name, args := args[0], args[1:]
	switch name {
	case "version", "-version", "--version":
		fmt.Fprintln(std.out, version())
		return nil
	case completeCommand:
		for _, name := range complete(args) {
			fmt.Fprintln(std.out, name)
		}
		return nil
	case "help", "-h", "-help", "--help":
		if len(args) == 0 {
			printUsage(std.out)
			return nil
		}
		name, args = args[0], []string{"--help"}
	}
	for _, c := range commands() {
		if c.name == name {
			inv, err := c.parse(std, args)
			if err == nil && inv.into != "" && inv.into != "-" {
				err = checkFolder(inv.into)
			}
			if err != nil {
				return err
			}
			return inv.failed(ctx, c.run(ctx, inv))
		}
	}
	return usageError{fmt.Sprintf("there is no command %q", name), nearest(name)}
}

// parse accepts flags in any position, because newcomers write them last.
func (c command) parse(std stdio, args []string) (*invocation, error) {
	inv := &invocation{stdio: std}
	flags := c.flagSet(inv)
	for rest := args; ; {
		if err := flags.Parse(rest); err == flag.ErrHelp {
			c.printHelp(std.out, flags)
			return nil, flag.ErrHelp
		} else if err != nil {
			return nil, c.mistake(err, flags)
		}
		if flags.NArg() == 0 {
			break
		}
		if read := len(rest) - flags.NArg(); read > 0 && rest[read-1] == "--" { // what follows are no flags
			inv.operands = append(inv.operands, flags.Args()...)
			break
		}
		inv.operands = append(inv.operands, flags.Arg(0))
		rest = flags.Args()[1:]
	}
	switch n := len(inv.operands); {
	case n < c.least:
		return nil, usageError{c.name + " needs " + c.operands, "usage: " + c.usage()}
	case n > c.most:
		return nil, usageError{fmt.Sprintf("%q is more than %s takes", inv.operands[c.most], c.name), "usage: " + c.usage()}
	}
	if c.name == "doctor" {
		inv.relay = inv.operands[0]
	}
	return inv, c.finish(inv)
}

// finish reads the files that flags name, and checks what depends on more than one flag.
func (c command) finish(inv *invocation) (err error) {
	if c.name != "completion" {
		if inv.relay, err = relayURL(inv.relay); err != nil {
			return err
		}
	}
	if inv.secret, err = readSecret(inv.secretFile); err != nil {
		return err
	}
	if inv.iceSecret, err = readSecret(inv.iceSecretFile); err != nil {
		return err
	}
	if inv.authorities != nil && inv.fingerprint != nil {
		return usageError{problem: "--ca and --fingerprint exclude each other"}
	}
	if _, err := inv.iceServers(); err != nil {
		return err
	}
	inv.name = cleanName(inv.name)
	inv.begin(inv.stdio)
	return nil
}

func envOr(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}

// mistake explains an error of package flag.
func (c command) mistake(err error, flags *flag.FlagSet) error {
	hint := "intercessor help " + c.name + " lists the flags"
	typed, unknown := strings.CutPrefix(err.Error(), "flag provided but not defined: -")
	if !unknown {
		return usageError{err.Error(), hint}
	}
	var names []string
	flags.VisitAll(func(f *flag.Flag) { names = append(names, f.Name) })
	if near := closest(typed, names); near != "" {
		hint = "did you mean --" + near + "?"
	}
	return usageError{fmt.Sprintf("unknown flag %q", "--"+typed), hint}
}

// nearest returns a hint with the most similar command.
func nearest(typed string) string {
	var names []string
	for _, c := range commands() {
		names = append(names, c.name)
	}
	if near := closest(typed, names); near != "" {
		return "did you mean intercessor " + near + "?"
	}
	return "intercessor help lists the commands"
}

// closest returns the name most similar to a mistyped one, or "".
func closest(typed string, names []string) (near string) {
	distance := 3 // a greater distance is not a typing mistake
	for _, name := range names {
		if d := levenshtein.ComputeDistance(typed, name); d < distance {
			near, distance = name, d
		}
	}
	return near
}

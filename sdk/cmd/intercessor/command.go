package main

import (
	"context"
	"flag"
	"fmt"
	"io"
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
	into           string // help text of --into; empty if the command receives no files
	flags          func(command, *flag.FlagSet, *invocation)
	run            func(context.Context, *invocation) error
}

func commands() []command {
	return []command{
		{"listen", "", 0, 0, "start a room, print its link and chat with all who join", unasked, command.peerFlags, listen},
		{"dial", "LINK", 1, 1, "join a room and chat", unasked, command.peerFlags, dial},
		{"send", "FILE [LINK]", 1, 2, "send one file to the room LINK, or to the first guest", "", command.peerFlags, send},
		{"receive", "[LINK]", 0, 1, "receive one file from the room LINK, or from the first guest", "the `FOLDER` for the file; the current one by default", command.peerFlags, receive},
		{"doctor", "URL", 1, 1, "examine the relay at URL step by step, and say what to change", "", command.doctorFlags, examine},
	}
}

const unasked = "take files into `FOLDER` without asking, 1 GiB in all; otherwise you are asked about each, and without a terminal all are refused"

// An invocation is a parsed command line.
type invocation struct {
	stdio
	operands []string
	relay    string // the relay's address as a listener uses it: ws://HOST/server
	name     string // what the others in the room see
	into     string // the folder for received files; empty if it was not given
	ice      []string
	paths    sdk.Paths
	identity string // the file that keeps a room's ID; empty if there is none
	secret   string // the passphrase or access token; empty if there is none

	fingerprint *fingerprint // of the relay's certificate; nil for the usual checks

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
			if err == nil && inv.into != "" {
				err = checkFolder(inv.into)
			}
			if err != nil {
				return err
			}
			return c.run(ctx, inv)
		}
	}
	return usageError{fmt.Sprintf("there is no command %q", name), nearest(name)}
}

// parse accepts flags in any position, because newcomers write them last.
func (c command) parse(std stdio, args []string) (*invocation, error) {
	inv := &invocation{stdio: std}
	flags := flag.NewFlagSet(c.name, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	c.flags(c, flags, inv)
	secretFile := flags.String("secret-file", "", "a `FILE` with the passphrase or the token that the relay asks for, on one line")
	flags.Func("fingerprint", "trust the relay's certificate of this SHA-256 and no other: `HEX`, as relayd --tls-self-signed logs it", func(text string) (err error) {
		inv.fingerprint, err = parseFingerprint(text)
		return err
	})

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
		inv.operands = append(inv.operands, flags.Arg(0))
		rest = flags.Args()[1:]
	}
	switch n := len(inv.operands); {
	case n < c.least:
		return nil, usageError{c.name + " needs " + c.operands, "usage: " + c.usage()}
	case n > c.most:
		return nil, usageError{fmt.Sprintf("%q is more than %s takes", inv.operands[c.most], c.name), "usage: " + c.usage()}
	}

	var err error
	if c.name == "doctor" {
		inv.relay = inv.operands[0]
	}
	if inv.relay, err = relayURL(inv.relay); err != nil {
		return nil, err
	}
	if *secretFile != "" {
		if inv.secret, err = readSecret(*secretFile); err != nil {
			return nil, err
		}
	}
	inv.name = cleanName(inv.name)
	return inv, nil
}

// peerFlags adds the flags of the commands that are a peer.
func (c command) peerFlags(flags *flag.FlagSet, inv *invocation) {
	flags.StringVar(&inv.relay, "relay", envOr("INTERCESSOR_RELAY", defaultRelay), "the relay's `URL`; $INTERCESSOR_RELAY sets it too")
	flags.StringVar(&inv.name, "name", envOr("USER", "terminal"), "the `NAME` that others see")
	flags.Func("path", "which `WAY` messages and files take: auto, the direct path when there is one, else the relay; relay, so that the other side learns no address; direct, which waits for a direct path (auto)", func(text string) (err error) {
		inv.paths, err = parsePaths(text)
		return err
	})
	flags.Func("ice", "a STUN server, `stun:HOST:PORT`, for peers that are not on one network; may be repeated", func(url string) error {
		inv.ice = append(inv.ice, url)
		return nil
	})
	if c.name == "listen" {
		flags.StringVar(&inv.identity, "identity", "", "a `FILE` that keeps the room's link over restarts of this program; anyone who has it owns the room")
	}
	if c.into != "" {
		flags.StringVar(&inv.into, "into", "", c.into)
	}
}

func (c command) usage() string {
	return strings.TrimSpace("intercessor " + c.name + " " + c.operands)
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

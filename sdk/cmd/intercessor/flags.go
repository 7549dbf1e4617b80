package main

import (
	"errors"
	"flag"
	"io"
)

// flagSet returns the flags of a command. Parsing sets the fields of inv.
func (c command) flagSet(inv *invocation) *flag.FlagSet {
	flags := flag.NewFlagSet(c.name, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	c.flags(c, flags, inv)
	return flags
}

// relayFlags adds the flags of how to get into a relay.
func relayFlags(flags *flag.FlagSet, inv *invocation) {
	flags.StringVar(&inv.secretFile, "secret-file", "", "a `FILE` with the passphrase or the token that the relay asks for, on one line")
	flags.Func("fingerprint", "trust the relay's certificate of this SHA-256 and no other: `HEX`, as relayd --tls-self-signed logs it", func(text string) (err error) {
		inv.fingerprint, err = parseFingerprint(text)
		return err
	})
	flags.Func("ca", "trust the certificates of the authorities in `FILE` (PEM) for the relay, and no others", func(path string) (err error) {
		inv.authorities, err = readAuthorities(path)
		return err
	})
}

// peerFlags adds the flags of the commands that are a peer.
func (c command) peerFlags(flags *flag.FlagSet, inv *invocation) {
	c.roomFlags(flags, inv)
	flags.BoolVar(&inv.quiet, "quiet", false, "print results and errors only")
	flags.BoolVar(&inv.json, "json", false, "print what happens as JSON, one object a line")
}

// sendFlags adds the flags of send.
func (c command) sendFlags(flags *flag.FlagSet, inv *invocation) {
	c.peerFlags(flags, inv)
	flags.BoolFunc("once", "end with the first receiver, also when it is lost; otherwise it is waited for, an hour at most", inv.ends(once))
	flags.BoolFunc("keep", "stay for further receivers, until interrupted", inv.ends(forever))
}

// receiveFlags adds the flags of receive.
func (c command) receiveFlags(flags *flag.FlagSet, inv *invocation) {
	c.peerFlags(flags, inv)
	flags.BoolVar(&inv.yes, "yes", false, "take what is offered without asking")
	inv.limits.flags(flags)
	flags.BoolFunc("once", "end with the first sender, also when it is lost; otherwise it is waited for, an hour at most", inv.ends(once))
	flags.BoolFunc("keep", "stay for what comes next, until interrupted", inv.ends(forever))
}

func (inv *invocation) ends(how manner) func(string) error {
	return func(string) error {
		if inv.how != untilDone && inv.how != how {
			return errors.New("--once and --keep exclude each other")
		}
		inv.how = how
		return nil
	}
}

// roomFlags adds the flags of the commands that meet in a room.
func (c command) roomFlags(flags *flag.FlagSet, inv *invocation) {
	relayFlags(flags, inv)
	flags.StringVar(&inv.relay, "relay", envOr("INTERCESSOR_RELAY", defaultRelay), "the relay's `URL`; $INTERCESSOR_RELAY sets it too")
	flags.StringVar(&inv.name, "name", envOr("USER", "terminal"), "the `NAME` that others see")
	flags.Func("path", "which `WAY` everything takes: auto, the direct path when there is one, else the relay; relay, so that the other side learns no address; direct, which waits for a direct path (auto)", func(text string) (err error) {
		inv.paths, err = parsePaths(text)
		return err
	})
	flags.StringVar(&inv.iceSecretFile, "ice-secret-file", "", "a `FILE` with the password of the user in --ice, on one line")
	flags.Func("ice", "a STUN or TURN server beside the relay's own: `stun:HOST:PORT`, turn:USER@HOST:PORT, turns:USER@HOST:PORT; may be repeated", func(url string) error {
		inv.ice = append(inv.ice, url)
		return nil
	})
	flags.StringVar(&inv.identity, "identity", "", "a `FILE` that keeps this peer's ID over restarts of this program, and so the link of its room; anyone who has it can take its place")
	if c.into != "" {
		flags.StringVar(&inv.into, "into", "", c.into)
	}
}

package config

import (
	"fmt"
	"time"

	"github.com/sebas642/intercessor/relayd/admit"
	"github.com/sebas642/intercessor/relayd/identifier"
)

// IDs says how the IDs of peers look, and how often strangers may guess them.
type IDs struct {
	Server        identifier.Kind `key:"server" arg:"kind" default:"uuid" enum:"uuid,token,words" doc:"The IDs of servers, which clients need to come in: a UUID, 26 letters and digits, or words that can be said and remembered."`
	Client        identifier.Kind `key:"client" arg:"kind" default:"uuid" enum:"uuid,token,words" doc:"The IDs of clients, which are no secrets."`
	Words         int             `key:"words" arg:"number" default:"6" min:"3" max:"6" doc:"How many words an ID of words has. Fewer than 5 can be guessed, and will do only where clients need a secret to come in."`
	WrongOfSource int             `key:"wrong_of_source" arg:"number" default:"10" min:"1" max:"1000000" reload:"yes" doc:"How often one IPv4 address, or one /64 of IPv6, may ask for rooms that are not there, each minute. Then it has to wait, whatever it asks for. Loopback is counted where proxies are trusted."`
	WrongOfAll    int             `key:"wrong_of_all" arg:"number" default:"100" min:"1" max:"1000000" reload:"yes" doc:"How often all together may, each second. Beyond it each wrong one waits a second for its answer."`
}

// Rates are the bounds of wrong guesses.
func (c IDs) Rates() (source, all admit.Rate) {
	return admit.Rate{Guesses: c.WrongOfSource, Within: time.Minute}, admit.Rate{Guesses: c.WrongOfAll, Within: time.Second}
}

func (c *IDs) check(report func(key, why string)) {
	if c.Words != identifier.DefaultWords && c.Server != identifier.Words && c.Client != identifier.Words {
		report("words", "is for IDs of words: set ids.server or ids.client to words")
	}
}

// guessable says why nobody should rely on the IDs of servers alone, or "".
func (c IDs) guessable() string {
	bits := identifier.Bits(c.Server, c.Words)
	if c.Server != identifier.Words || c.Words >= identifier.SafeWords && bits >= identifier.SafeBits {
		return ""
	}
	return fmt.Sprintf("is %d, and so the ID of a server can be guessed, which has %.1f bits: take %d words or more, or have clients present a secret (access)",
		c.Words, bits, identifier.SafeWords)
}

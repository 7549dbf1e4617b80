package config

import (
	"fmt"
	"time"

	"github.com/sebas642/intercessor/relayd/identifier"
	"github.com/sebas642/intercessor/relayd/quota"
	"github.com/sebas642/intercessor/relayd/relay"
)

// IDs configures the form of peers' IDs and the quota of wrong guesses.
type IDs struct {
	Server        identifier.Kind `key:"server" arg:"kind" default:"uuid" enum:"uuid,token,words" doc:"The IDs of servers, which clients need to enter a room: a UUID, 26 letters and digits, or words that can be said and remembered."`
	Client        identifier.Kind `key:"client" arg:"kind" default:"uuid" enum:"uuid,token,words" doc:"The IDs of clients, which are no secrets."`
	Words         int             `key:"words" arg:"number" min:"3" max:"6" doc:"How many words an ID of words has. Fewer than 5 can be guessed, and are allowed only if clients need a secret. In a cluster a new room has 5 while etcd may have lost the names of others."`
	WrongOfSource int             `key:"wrong_of_source" arg:"number" min:"1" max:"1000000" reload:"yes" doc:"How many wrong guesses at rooms one IPv4 address, or one /64 of IPv6, may make each minute. Then all its guesses have to wait. Loopback counts only if proxies are trusted."`
	WrongOfAll    int             `key:"wrong_of_all" arg:"number" min:"1" max:"1000000" reload:"yes" doc:"The same for all sources together, each second. Beyond it the answer to a wrong guess is delayed by a second."`
}

func (c *IDs) setDefaults() {
	c.Words = identifier.DefaultWords
	c.WrongOfSource = relay.DefaultWrongOfSource
	c.WrongOfAll = relay.DefaultWrongOfAll
}

// Rates are the quotas of wrong guesses.
func (c IDs) Rates() (source, all quota.Rate) {
	return quota.Rate{Count: int64(c.WrongOfSource), Within: time.Minute}, quota.Rate{Count: int64(c.WrongOfAll), Within: time.Second}
}

func (c *IDs) check(report func(key, why string)) {
	if c.Words != identifier.DefaultWords && c.Server != identifier.Words && c.Client != identifier.Words {
		report("words", "is for IDs of words: set ids.server or ids.client to words")
	}
}

// guessReason returns why the IDs of servers alone are no protection, or "".
func (c IDs) guessReason() string {
	bits := identifier.Bits(c.Server, c.Words)
	if c.Server != identifier.Words || c.Words >= identifier.SafeWords && bits >= identifier.SafeBits {
		return ""
	}
	return fmt.Sprintf("is %d: the ID of a server then has %.1f bits and can be guessed; use %d words or more, or make clients present a secret (access)",
		c.Words, bits, identifier.SafeWords)
}

// Package config is what an operator can set: one struct, from whose tags come the
// flags, the RELAYD_* variables, the keys of the TOML file, `relayd help`, the
// reference in docs/configuration.md and relayd.example.toml.
//
// # To add a key
//
// Add one field with its tags, then write the two files anew with ci/reference.sh:
//
//	key      name in the file; a struct with a key is a section, its keys are "section.key"
//	doc      what it means, in sentences
//	default  as a text; for a list with commas
//	min, max the least and the greatest number, duration or size
//	enum     the only values, with commas
//	arg      what stands for the value in the help
//	flag     the flag's name where it is not the key's with dashes; a list's flag is repeated
//	reload   "yes": SIGHUP changes it; main's apply brings the new value where it is used
//	keep     "yes": it restricts who may come in, so SIGHUP cannot empty it
//	secret   "yes": the value is a secret itself (a hash): no flag, no variable, masked, and
//	         the file must be nobody else's. Other secrets are a SecretFile
//
// A field is a string, a bool, an int, an int64, a [time.Duration], a
// [units.Base2Bytes], a [netip.Prefix], a [URL], a [SecretFile], any other
// [encoding.TextUnmarshaler], or a slice of these. What two keys say together is
// looked at in a method `check` of the section.
package config

import (
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/units"
	"github.com/sebas642/intercessor/relayd/admit"
	"github.com/sebas642/intercessor/relayd/relay"
)

// Config is what relayd does; see the package comment for its tags. What [Load]
// gives obeys all limits.
type Config struct {
	File     string        `flag:"config" arg:"file" doc:"The TOML file with further settings, if any. Relative paths in it begin at relayd's working directory."`
	Listen   Address       `key:"listen" arg:"address" default:"127.0.0.1:8000" doc:"The address to listen on. :8000 is every interface, port 0 a free port."`
	Origins  []string      `key:"origins" flag:"origin" arg:"origin" reload:"yes" doc:"Origins of further web pages that may connect, each as https://app.example, as https://*.app.example for any one label, or as capacitor://localhost for an app. Pages of the relay's own host always may."`
	Hosts    []string      `key:"hosts" flag:"host" arg:"name" reload:"yes" keep:"yes" doc:"The names of relayd's own host, each as relay.example.org, or as *.example.org for any one label: its pages may connect under these. Addresses, localhost and *.localhost always are. Without it every name is, except on a connection to a loopback address that has neither TLS nor X-Forwarded-For or Forwarded of a proxy. docs/proxy.md tells what for."`
	StateDir string        `key:"state_dir" arg:"folder" doc:"The folder of the key that resume tokens are signed with, made if it is not there. Without it: $STATE_DIRECTORY of systemd, $XDG_STATE_HOME/intercessor, ~/.local/state/intercessor."`
	KeyFiles []SecretFile  `key:"key_files" flag:"key-file" arg:"file" doc:"One or two files with that key, in place of the state folder's: 32 bytes in base64, as openssl rand -base64 32 prints them. Of two the first signs and both are accepted, while one takes the place of the other."`
	Drain    time.Duration `key:"drain" arg:"duration" default:"8s" min:"0s" max:"10m" doc:"How long peers are sent away for when relayd is told to end, 0s for all at once. A supervisor has to wait 2s longer before it kills."`
	// ServerInfo is JSON; "" is none.
	ServerInfo string  `key:"server_info" arg:"json" reload:"yes" doc:"What clients are told whose server peer tells them nothing itself: one JSON value of at most 4096 bytes."`
	TLS        TLS     `key:"tls" doc:"TLS, by one of three: certificate files, a certificate of relayd's own making, or an ACME server. Without one of them relayd speaks plain HTTP: for this machine alone, or behind a proxy that speaks TLS."`
	Proxy      Proxy   `key:"proxy" doc:"The proxies in front of relayd, if any: whose word on a client's address counts."`
	Access     Access  `key:"access" doc:"Who may come in. With nothing of it, everybody may. Every connection is asked, also one that resumes."`
	IDs        IDs     `key:"ids" doc:"The IDs of peers. docs/identifiers.md tells how hard they are to guess."`
	ICE        ICE     `key:"ice" doc:"The STUN and TURN servers that peers use to find a direct path. relayd is none itself."`
	Limits     Limits  `key:"limits" doc:"What peers may have and do, each on by default. docs/limits.md tells what happens beyond them; the limits that every peer can rely on, a message's size among them, stand in protocol/PROTOCOL.md."`
	Schemas    Schemas `key:"schemas" doc:"Which messages of peers may pass, by JSON Schema; docs/schemas.md has more. With neither folder nor builtin, relayd looks at none."`
	Log        Log     `key:"log" doc:"What relayd writes to standard error."`
	Admin      Admin   `key:"admin" doc:"The listener for the operator: metrics, profiles, a status page, and the admin API. docs/metrics.md explains it."`
}

// Log is what relayd writes to standard error.
type Log struct {
	Level  slog.Level `key:"level" arg:"level" default:"info" enum:"debug,info,warn,error" reload:"yes" doc:"The least level that is written."`
	Format string     `key:"format" arg:"format" default:"text" enum:"text,json" doc:"One record a line, as text or as JSON."`
}

// Schemas are what messages are held against.
type Schemas struct {
	Folder     string           `key:"folder" arg:"folder" reload:"yes" doc:"A folder of JSON Schemas (draft 2020-12), one file for each type of message, named after it: OFFER.json. SIGHUP reads them anew."`
	Builtin    bool             `key:"builtin" reload:"yes" doc:"Use relayd's own schemas of OFFER, ANSWER, CANDIDATE, NEGOTIATE and BYE, where the folder has none of that type."`
	Unknown    string           `key:"unknown" arg:"what" default:"pass" enum:"pass,refuse" reload:"yes" doc:"What happens to a message of a type that has no schema."`
	Refused    string           `key:"refused" arg:"what" default:"drop" enum:"drop,close" reload:"yes" doc:"What happens to a message that its schema does not allow: it is dropped, or its sender is closed with 4516. A sender whose message came over a link is closed in any case."`
	MaxMessage units.Base2Bytes `key:"max_message" arg:"size" default:"32KiB" min:"256B" max:"64KiB" reload:"yes" doc:"The longest message of a type that has a schema."`
}

const maxKeyFiles = 2

// check reports contradictions: the key, as the section names it, and why it cannot
// be so. The same method of a section is called too.
func (c *Config) check(report func(key, why string)) {
	hosts, err := admit.NewHosts(c.Hosts)
	if err != nil {
		report("hosts", err.Error())
	}
	if _, err := admit.NewOrigins(c.Origins, hosts); err != nil {
		report("origins", err.Error())
	}
	if c.ServerInfo != "" {
		if err := relay.CheckServerInfo([]byte(c.ServerInfo)); err != nil {
			report("server_info", err.Error())
		}
	}
	if why := c.IDs.guessable(); why != "" && !c.Access.ofClients() {
		report("ids.words", why)
	}
	switch {
	case len(c.KeyFiles) > maxKeyFiles:
		report("key_files", "must be one file, or two: the new key and the old")
	case repeats(c.KeyFiles):
		report("key_files", "names one file twice: name the file of the new key and that of the old")
	}
	for key, address := range map[string]Address{"tls.plain_listen": c.TLS.PlainListen, "admin.listen": c.Admin.Listen} {
		if address == c.Listen && !strings.HasSuffix(string(address), ":0") {
			report(key, "is the address of listen: give it another port")
		}
	}
}

func (s *Schemas) check(report func(key, why string)) {
	if s.Folder != "" || s.Builtin {
		return
	}
	if s.Unknown == "refuse" {
		report("unknown", "cannot be refuse while there is neither schemas.folder nor schemas.builtin: no message would pass")
	}
	const none = "is for messages with a schema: set schemas.folder or schemas.builtin"
	if s.Refused != "drop" {
		report("refused", none)
	}
	if s.MaxMessage != 32*units.KiB {
		report("max_message", none)
	}
}

// repeats reports whether something is in a list twice.
func repeats[T comparable](list []T) bool {
	for i, one := range list {
		if slices.Contains(list[:i], one) {
			return true
		}
	}
	return false
}

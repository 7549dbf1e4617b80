// Package config holds relayd's settings in one struct. Its tags define the
// flags, the RELAYD_* variables, the keys of the TOML file, `relayd help`, the
// reference in docs/configuration.md and relayd.example.toml.
//
// # To add a key
//
// Add one field with its tags, then run ci/reference.sh:
//
//	key      name in the file; a struct with a key is a section, its keys are "section.key"
//	doc      its meaning, in sentences
//	default  as a text; for a list with commas; see below
//	min, max the least and the greatest number, duration or size
//	enum     the only values, with commas
//	arg      the placeholder of the value in the help
//	flag     the flag's name if it is not the key with dashes; a list's flag is repeated
//	reload   "yes": SIGHUP changes it; main's settings passes the new value on
//	keep     "yes": it restricts admission, so SIGHUP cannot empty it
//	secret   "yes": the value itself is a secret (a hash): no flag, no variable, masked, and
//	         only relayd's user may read the file. Other secrets are a SecretFile
//
// A field is a string, a bool, an int, an int64, a [time.Duration], a
// [units.Base2Bytes], a [netip.Prefix], a [URL], a [SecretFile], any other
// [encoding.TextUnmarshaler], or a slice of these. A section's method `setDefaults`
// sets defaults that another package holds; their fields have no tag. A section's
// method `check` finds contradictions between keys.
package config

import (
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/units"
	"github.com/sebas642/intercessor/relayd/edge"
	"github.com/sebas642/intercessor/relayd/relay"
)

// Config is the whole configuration. The package comment explains the tags. [Load]
// returns only values within their limits.
type Config struct {
	File     string        `flag:"config" arg:"file" doc:"A TOML file with further settings. Relative paths in it start at relayd's working directory."`
	Listen   Address       `key:"listen" arg:"address" default:"127.0.0.1:8000" doc:"The address to listen on. :8000 is every interface, port 0 a free port."`
	Origins  []string      `key:"origins" flag:"origin" arg:"origin" reload:"yes" doc:"Origins of further web pages that may connect, and load the SDK from /sdk/, each as https://app.example, as https://*.app.example for any one label, or as capacitor://localhost for an app. Pages of the relay's own host always may."`
	Hosts    []string      `key:"hosts" flag:"host" arg:"name" reload:"yes" keep:"yes" doc:"The names of relayd's own host, each as relay.example.org, or as *.example.org for any one label: its pages may connect under these. Addresses, localhost and *.localhost are always its own. Without this setting every name is, except on a connection to a loopback address that has neither TLS nor X-Forwarded-For or Forwarded of a proxy. docs/proxy.md explains why."`
	StateDir string        `key:"state_dir" arg:"folder" doc:"The folder of the key that signs resume tokens. relayd makes it if it does not exist. Default: $STATE_DIRECTORY of systemd, $XDG_STATE_HOME/intercessor, ~/.local/state/intercessor."`
	KeyFiles []SecretFile  `key:"key_files" flag:"key-file" arg:"file" doc:"One or two files with that key, instead of the state folder's: 32 bytes in base64, as openssl rand -base64 32 prints them. To replace a key, list two: the first signs, both are accepted."`
	Drain    time.Duration `key:"drain" arg:"duration" default:"8s" min:"0s" max:"10m" doc:"How long relayd takes to send its peers away before it ends; 0s sends all at once. A supervisor must wait 2s longer before it kills."`
	// ServerInfo is JSON; "" means none.
	ServerInfo string  `key:"server_info" arg:"json" reload:"yes" doc:"Sent to clients whose server has set no server info: one JSON value of at most 4096 bytes."`
	TLS        TLS     `key:"tls" doc:"TLS, by one of three: certificate files, a self-signed certificate, or an ACME server. Without one of them relayd speaks plain HTTP: only for this machine, or behind a proxy that terminates TLS."`
	Proxy      Proxy   `key:"proxy" doc:"The proxies in front of relayd that may report a client's address."`
	Access     Access  `key:"access" doc:"Who may connect. Without this section anyone may. Every connection is checked, also a resumed one."`
	IDs        IDs     `key:"ids" doc:"The IDs of peers. docs/identifiers.md explains how hard they are to guess."`
	ICE        ICE     `key:"ice" doc:"Further STUN and TURN servers that peers use to find a direct path, beside relayd's own."`
	TURN       TURN    `key:"turn" doc:"relayd's own STUN and TURN server, which lets any two SDK peers of this relay connect with WebRTC. docs/turn.md explains it."`
	Limits     Limits  `key:"limits" doc:"Limits for peers, each on by default. docs/limits.md explains what happens beyond them. Limits that every peer relies on, such as a message's size, are in protocol/PROTOCOL.md."`
	Schemas    Schemas `key:"schemas" doc:"Which messages of peers may pass, by JSON Schema; docs/schemas.md has more. With neither folder nor builtin, all pass."`
	Cluster    Cluster `key:"cluster" doc:"Several relayd processes as one relay, with etcd: a peer may connect to any of them. docs/cluster.md explains it."`
	Log        Log     `key:"log" doc:"What relayd writes to standard error."`
	Admin      Admin   `key:"admin" doc:"The listener for the operator: metrics, profiles, a status page, and the admin API. docs/metrics.md explains it."`
}

// Log is what relayd writes to standard error.
type Log struct {
	Level  slog.Level `key:"level" arg:"level" default:"info" enum:"debug,info,warn,error" reload:"yes" doc:"The lowest level that is written."`
	Format string     `key:"format" arg:"format" default:"text" enum:"text,json" doc:"One record a line, as text or as JSON."`
}

// Schemas configures the validation of messages.
type Schemas struct {
	Folder     string           `key:"folder" arg:"folder" reload:"yes" doc:"A folder of JSON Schemas (draft 2020-12), one file for each type of message, named after it: OFFER.json. SIGHUP reloads them."`
	Builtin    bool             `key:"builtin" reload:"yes" doc:"Use relayd's own schemas of OFFER, ANSWER, CANDIDATE, NEGOTIATE and BYE, unless the folder has one of that type."`
	Unknown    string           `key:"unknown" arg:"what" default:"pass" enum:"pass,refuse" reload:"yes" doc:"What happens to a message of a type that has no schema."`
	Refused    string           `key:"refused" arg:"what" default:"drop" enum:"drop,close" reload:"yes" doc:"What happens to a message that its schema does not allow: it is dropped, or its sender is closed with 4516. If the message came over a link, its sender is always closed."`
	MaxMessage units.Base2Bytes `key:"max_message" arg:"size" default:"32KiB" min:"256B" max:"64KiB" reload:"yes" doc:"The longest message of a type that has a schema."`
}

const maxKeyFiles = 2

// check reports each contradiction as a key, named as in its section, and a reason. The
// sections' check methods are called too.
func (c *Config) check(report func(key, why string)) {
	hosts, err := edge.NewHosts(c.Hosts)
	if err != nil {
		report("hosts", err.Error())
	}
	if _, err := edge.NewOrigins(c.Origins, hosts); err != nil {
		report("origins", err.Error())
	}
	if c.ServerInfo != "" {
		if err := relay.CheckServerInfo([]byte(c.ServerInfo)); err != nil {
			report("server_info", err.Error())
		}
	}
	if why := c.IDs.guessReason(); why != "" && !c.Access.ofClients() {
		report("ids.words", why)
	}
	switch {
	case len(c.KeyFiles) > maxKeyFiles:
		report("key_files", "must be one file, or two: the new key and the old")
	case repeats(c.KeyFiles):
		report("key_files", "names one file twice: name the file of the new key and that of the old")
	}
	for key, address := range map[string]Address{"tls.plain_listen": c.TLS.PlainListen, "admin.listen": c.Admin.Listen, "cluster.listen": c.Cluster.Listen} {
		if address == c.Listen && !strings.HasSuffix(string(address), ":0") {
			report(key, "is the address of listen: give it another port")
		}
		if address == c.TURN.Listen && address != "" && !strings.HasSuffix(string(address), ":0") {
			report(key, "is the address of turn.listen: give it another port")
		}
	}
	if !isDefault("ice.life", c.ICE.Life) && c.ICE.SecretFile == "" && !c.TURN.Enabled {
		report("ice.life", "applies only to credentials made with ice.secret_file or for turn.enabled, and neither is set")
	}
	c.checkTURN(report)
	if c.Cluster.Enabled() && len(c.KeyFiles) == 0 {
		report("key_files", "must be set in a cluster: all nodes need the same key for resume tokens")
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
	if !isDefault("schemas.refused", s.Refused) {
		report("refused", none)
	}
	if !isDefault("schemas.max_message", s.MaxMessage) {
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

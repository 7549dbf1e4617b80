package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sebas642/intercessor/relayd/config"
	"github.com/sebas642/intercessor/relayd/secret"
	"github.com/stretchr/testify/require"
)

// TestMisspeltKeys names the nearest key, and never takes the misspelt one.
func TestMisspeltKeys(t *testing.T) {
	for text, near := range map[string]string{
		"orgins = []":                        "origins",
		"origin = []":                        "origins",
		"Origins = []":                       "origins",
		"lisen = 'x'":                        "listen",
		"listne = 'x'":                       "listen",
		"statedir = 'x'":                     "state_dir",
		"state-dir = 'x'":                    "state_dir",
		"key_fils = 'x'":                     "key_files",
		"key_file = 'x'":                     "tls.key_file",
		"drian = '1s'":                       "drain",
		"log_level = 'debug'":                "log.level",
		"level = 'debug'":                    "log.level",
		"[log]\nlevle = 'debug'":             "log.level",
		"[log]\nfromat = 'json'":             "log.format",
		"[log]\norigins = ['https://a.b']":   "origins",
		"log = { lvel = 'debug' }":           "log.level",
		"log.leve = 'debug'":                 "log.level",
		"[logs]\nlevel = 'debug'":            "log",
		"[lgo]":                              "log",
		"\"log.level\" = 'debug'":            "log.level",
		"[[lag]]":                            "",
		"[something]\nentirely = 'else'":     "",
		"nobody_has_ever_heard_of_this = 1":  "",
		"config = 'other.toml'":              "",
		strings.Repeat("o", 5000) + " = 'x'": "",
	} {
		path := file(t, text+"\n")
		_, _, err := config.Load([]string{"--config", path}, nil)
		require.Error(t, err, text)
		require.Contains(t, err.Error(), path+":", text)
		require.Contains(t, err.Error(), "unknown ", text)
		if near != "" {
			require.True(t, strings.HasSuffix(err.Error(), "did you mean "+near+"?"), "%s: %v", text, err)
		}
	}
	for args, near := range map[string]string{"--lisen :0": "--listen", "--origins https://a.b": "--origin", "--log_level debug": "--log-level", "--loglevel=debug": "--log-level"} {
		_, _, err := config.Load(strings.Fields(args), nil)
		require.ErrorContains(t, err, "did you mean "+near+"?", args)
	}
	for variable, near := range map[string]string{"RELAYD_ORIGIN": "RELAYD_ORIGINS", "RELAYD_LOG": "RELAYD_LOG_LEVEL", "RELAYD_STATEDIR": "RELAYD_STATE_DIR", "RELAYD_KEY_FILE": "RELAYD_KEY_FILES"} {
		for _, value := range []string{"x", ""} {
			_, _, err := config.Load(nil, []string{variable + "=" + value})
			require.ErrorContains(t, err, "did you mean "+near+"?", variable)
		}
	}
}

// TestWrongValues: the sentence names the place, the key and what is to be written.
func TestWrongValues(t *testing.T) {
	for text, says := range map[string]string{
		"\nlisten = 8000":                   `:2: listen must be a text between quotes`,
		"listen = ''":                       `:1: listen is empty`,
		"listen = '8000'":                   `:1: listen is "8000", and must be an address with a port, as`,
		"listen = ':65536'":                 `:1: listen is ":65536", and must have a port of at most 65535`,
		"listen = 1979-05-27":               `:1: listen must be a text between quotes`,
		"drain = 8":                         `:1: drain is "8", and must be a duration with its unit, as 500ms, 8s, 10m or 1h`,
		"drain = '8'":                       `:1: drain is "8", and must be a duration with its unit`,
		"drain = 8.5":                       `:1: drain must be a text between quotes`,
		"drain = '11m'":                     `:1: drain is "11m", and must be from 0s to 10m`,
		"drain = '-1s'":                     `must be from 0s to 10m`,
		"origins = 'https://a.example'":     `:1: origins must be a list, as ["origin"]`,
		"origins = [1]":                     `:1: origins must be a text between quotes`,
		"origins = ['']":                    `:1: origins has an empty entry`,
		"origins = ['example.com']":         `:1: origins "example.com" is no origin: write it as https://example.com`,
		"key_files = ['a', 'b', 'c']":       `:1: key_files must be one file, or two: the new key and the old`,
		"[log]\nlevel = 'loud'":             `:2: log.level is "loud", and must be debug, info, warn or error`,
		"[log]\nlevel = 1":                  `:2: log.level is "1", and must be debug`,
		"log = { format = 'xml' }":          `:1: log.format is "xml", and must be text or json`,
		"log = 'debug'":                     `:1: log is a section: write its keys below [log]`,
		"[[log]]\nlevel = 'debug'":          `:1: log is a section`,
		"[listen]\nx = 1":                   `:1: listen must be a text between quotes`,
		"drain = '1s'\ndrain = '2s'":        `:2:1: toml: key drain is already defined`,
		"\n drain =":                        `:2:`,
		"\x00":                              `holds NUL bytes, as UTF-16 does`,
		"\ufeffdrain = '1s'":                `begins with a byte order mark; save it as UTF-8 without`,
		"\xff\xfed\x00r\x00":                `is UTF-16; save it as UTF-8 without`,
		strings.Repeat("#", 256<<10) + "##": `is longer than 262144 bytes`,
	} {
		path := file(t, text+"\n")
		_, _, err := config.Load([]string{"--config", path}, nil)
		require.ErrorContains(t, err, says, text)
		require.ErrorContains(t, err, path, text)
	}
	for args, says := range map[string]string{
		"--drain 8":                `--drain is "8", and must be a duration with its unit`,
		"--log-level loud":         `--log-level is "loud", and must be debug, info, warn or error`,
		"--origin example.com":     `--origin "example.com" is no origin`,
		"--listen 127.0.0.1":       `--listen is "127.0.0.1", and must be an address with a port`,
		"--tls-plain-listen 80":    `--tls-plain-listen is "80", and must be an address with a port`,
		"--listen":                 `flag needs an argument: --listen`,
		"-listen :0":               `unknown flag "-listen"`,
		"now":                      `"now" is no flag`,
		"--config /not/there.toml": `cannot read the configuration: open /not/there.toml`,
		"--config /":               `cannot read the configuration: read /: is a directory`,
	} {
		_, _, err := config.Load(strings.Fields(args), nil)
		require.ErrorContains(t, err, says, args)
	}
	for _, c := range []struct{ variable, says string }{
		{"RELAYD_DRAIN=8", `RELAYD_DRAIN is "8", and must be a duration with its unit`},
		{"RELAYD_ORIGINS=https://a.example,", `RELAYD_ORIGINS has an empty entry`},
		{"RELAYD_LOG_FORMAT=xml", `RELAYD_LOG_FORMAT is "xml", and must be text or json`},
		{"RELAYD_ORIGINS=x", `RELAYD_ORIGINS "x" is no origin`},
	} {
		_, _, err := config.Load(nil, []string{c.variable})
		require.ErrorContains(t, err, c.says)
	}
}

func TestWrongValuesOfEveryKind(t *testing.T) {
	for text, says := range map[string]string{
		"yes = 'true'":                   "yes must be true or false, without quotes",
		"yes = 1":                        "yes must be true or false, without quotes",
		"count = '5'":                    "count must be a whole number, without quotes",
		"count = 0":                      `count is "0", and must be from 1 to 10`,
		"count = 11":                     `count is "11", and must be from 1 to 10`,
		"count = 1.5":                    "count must be a whole number",
		"size = 65536":                   `size is "65536", and must be a size with its unit, as 512B, 64KiB, 16MiB or 1GiB`,
		"size = '64kB'":                  "must be a size with its unit",
		"size = '-64KiB'":                "must be a size with its unit",
		"size = '99999999999EiB'":        "must be a size with its unit",
		"size = '1023B'":                 "must be from 1KiB to 1GiB",
		"size = '1025MiB'":               "must be from 1KiB to 1GiB",
		"nets = ['10.0.0.1/8']":          "must be a network, as 10.0.0.0/8",
		"nets = ['10.0.0.1']":            "must be a network",
		"nets = ['::ffff:10.0.0.0/104']": "must be a network",
		"url = 'backend.example'":        "must be an address",
		"url = 'file:///etc/passwd'":     "must be an address",
		"url = 'https://u:canary@backend.example/x'": "must be an address without user and password",
		"[section]\nhash = 5":                        "section.hash must be a text between quotes",
		"[section]\nwaits = ['1s', '2']":             `section.waits is "2", and must be a duration`,
	} {
		var c every
		_, err := config.LoadInto(&c, []string{"--config", file(t, text+"\n")}, nil)
		require.ErrorContains(t, err, says, text)
	}
}

// TestAllMistakesAtOnce: also of values that another source hides.
func TestAllMistakesAtOnce(t *testing.T) {
	path := file(t, "orgins = []\ndrain = 8\n[log]\nlevle = ''\nformat = 'xml'\n")
	_, _, err := config.Load([]string{"--config", path, "--drain", "1s", "--lisen", ":0"}, []string{"RELAYD_LOG=debug", "RELAYD_DRAIN=9"})
	require.Error(t, err)
	var lines []string
	for line := range strings.Lines(err.Error()) {
		lines = append(lines, strings.TrimSpace(line))
	}
	require.Equal(t, []string{
		`unknown flag "--lisen"; did you mean --listen?`,
		`unknown variable "RELAYD_LOG"; did you mean RELAYD_LOG_LEVEL?`,
		path + `:1: unknown key "orgins"; did you mean origins?`,
		path + `:4: unknown key "log.levle"; did you mean log.level?`,
		path + `:2: drain is "8", and must be a duration with its unit, as 500ms, 8s, 10m or 1h`,
		path + `:5: log.format is "xml", and must be text or json`,
		`RELAYD_DRAIN is "9", and must be a duration with its unit, as 500ms, 8s, 10m or 1h`,
	}, lines)
}

func TestHelpIsAskedFor(t *testing.T) {
	for _, args := range [][]string{{"--help"}, {"-h"}, {"--drain", "1s", "--help"}} {
		_, _, err := config.Load(args, nil)
		require.ErrorIs(t, err, config.ErrHelp)
	}
}

// TestASecretStandsInFilesAlone: others of the machine see arguments and variables.
func TestASecretStandsInFilesAlone(t *testing.T) {
	var c every
	_, err := config.LoadInto(&c, []string{"--section-hash", "canary"}, nil)
	require.ErrorContains(t, err, "unknown flag")
	_, err = config.LoadInto(&c, nil, []string{"RELAYD_SECTION_HASH=canary"})
	require.ErrorContains(t, err, "unknown variable")
	require.NotContains(t, err.Error(), "canary")
}

func TestSecretFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	write := func(text string) { require.NoError(t, os.WriteFile(path, []byte(text), 0o600)) }
	write("s3cret \r\n")
	text, err := config.SecretFile(path).Read()
	require.NoError(t, err)
	require.Equal(t, "s3cret ", string(text))
	write(strings.Repeat("x", 64<<10))
	_, err = config.SecretFile(path).Read()
	require.NoError(t, err)
	write(strings.Repeat("x", 64<<10+1))
	_, err = config.SecretFile(path).Read()
	require.ErrorIs(t, err, secret.ErrTooLong)
}

package config_test

import (
	"cmp"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/units"
	"github.com/sebas642/intercessor/relayd/config"
	"github.com/stretchr/testify/require"
)

// file writes a configuration file and gives its path.
func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "relayd.toml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func TestNothingSaidIsTheDefaults(t *testing.T) {
	c, sources, err := config.Load(nil, nil)
	require.NoError(t, err)
	require.EqualValues(t, "127.0.0.1:8000", c.Listen)
	require.Equal(t, 8*time.Second, c.Drain)
	require.Equal(t, slog.LevelInfo, c.Log.Level)
	require.Equal(t, "text", c.Log.Format)
	require.Empty(t, c.Origins)
	require.Empty(t, c.KeyFiles)
	require.Equal(t, "default", sources["log.level"])
}

func TestPrecedence(t *testing.T) {
	path := file(t, "listen = \"file:1\"\norigins = [\"https://file.example\", \"https://file.example:81\"]\ndrain = \"3s\"\n[log]\nlevel = \"error\"\nformat = \"json\"\n")
	for _, c := range []struct {
		args, environ  []string
		listen, source string
		origins        []string
	}{
		{nil, nil, "127.0.0.1:8000", "default", nil},
		{[]string{"--config", path}, nil, "file:1", path + ":1", []string{"https://file.example", "https://file.example:81"}},
		{nil, []string{"RELAYD_CONFIG=" + path}, "file:1", path + ":1", []string{"https://file.example", "https://file.example:81"}},
		{nil, []string{"RELAYD_CONFIG=" + path, "RELAYD_LISTEN=env:1", "RELAYD_ORIGINS=https://a.example,https://b.example"}, "env:1", "RELAYD_LISTEN", []string{"https://a.example", "https://b.example"}},
		{[]string{"--listen", "flag:1", "--origin", "https://c.example"}, []string{"RELAYD_CONFIG=" + path, "RELAYD_LISTEN=env:1"}, "flag:1", "--listen", []string{"https://c.example"}},
		{[]string{"--config=" + path}, []string{"RELAYD_CONFIG=/not/there"}, "file:1", path + ":1", []string{"https://file.example", "https://file.example:81"}},
		{[]string{"--listen=first:1", "--listen=flag:1"}, nil, "flag:1", "--listen", nil},
		{nil, []string{"RELAYD_LISTEN=", "RELAYDISH=1"}, "127.0.0.1:8000", "default", nil},
	} {
		got, sources, err := config.Load(c.args, c.environ)
		require.NoError(t, err, c)
		require.EqualValues(t, c.listen, got.Listen, c)
		require.Equal(t, c.source, sources["listen"], c)
		require.Equal(t, c.origins, got.Origins, c)
	}
}

// Every is a configuration with a key of every kind.
type every struct {
	File    string           `flag:"config"`
	Word    string           `key:"word"`
	Yes     bool             `key:"yes"`
	Count   int              `key:"count" min:"1" max:"10" default:"2"`
	Long    int64            `key:"long"`
	Wait    time.Duration    `key:"wait" default:"1s"`
	Size    units.Base2Bytes `key:"size" min:"1KiB" max:"1GiB" default:"64KiB"`
	Level   slog.Level       `key:"level" enum:"info,warn" default:"info"`
	Nets    []netip.Prefix   `key:"nets"`
	Names   []string         `key:"names"`
	URL     config.URL       `key:"url"`
	Section section          `key:"section" doc:"A section."`
}

type section struct {
	Hash       string            `key:"hash" secret:"yes"`
	SecretFile config.SecretFile `key:"secret_file"`
	Waits      []time.Duration   `key:"waits"`
}

func TestEveryKind(t *testing.T) {
	path := file(t, `word = "w"
yes = true
count = 10
long = 9_000_000_000
wait = "1h30m"
size = "1MiB"
level = "warn"
nets = ["10.0.0.0/8", "2001:db8::/32", "192.0.2.1/32"]
names = ["a,b", "c"]
url = "https://backend.example/x"
[section]
hash = "$argon2id$canary"
secret_file = "/run/secret"
waits = ["1s",
  "2s"]
`)
	want := every{
		File: path, Word: "w", Yes: true, Count: 10, Long: 9_000_000_000, Wait: 90 * time.Minute, Size: 1 << 20, Level: slog.LevelWarn,
		Nets:  []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("192.0.2.1/32")},
		Names: []string{"a,b", "c"}, URL: "https://backend.example/x",
		Section: section{"$argon2id$canary", "/run/secret", []time.Duration{time.Second, 2 * time.Second}},
	}
	var got every
	sources, err := config.LoadInto(&got, []string{"--config", path}, nil)
	require.NoError(t, err)
	require.Equal(t, want, got)
	require.Equal(t, path+":14", sources["section.waits"])

	var out strings.Builder
	require.NoError(t, config.WriteOf(&got, &out, sources))
	require.NotContains(t, out.String(), "canary", "a secret is masked")
	require.Contains(t, out.String(), "hash = '***' # "+path+":12\n")
	require.Contains(t, out.String(), "wait = '1h30m0s' # "+path+":5\n")

	var again every // what is printed can be read, and says the same
	_, err = config.LoadInto(&again, []string{"--config", file(t, out.String())}, nil)
	require.NoError(t, err)
	again.File, again.Section.Hash = got.File, got.Section.Hash
	require.Equal(t, want, again)

	var flags every
	_, err = config.LoadInto(&flags, []string{"--yes", "--section-waits", "1s", "--section-waits", "2s", "--size=2KiB"}, []string{"RELAYD_SECTION_SECRET_FILE=/f", "RELAYD_NETS=::/0,0.0.0.0/0"})
	require.NoError(t, err)
	require.True(t, flags.Yes)
	require.EqualValues(t, 2048, flags.Size)
	require.Equal(t, []time.Duration{time.Second, 2 * time.Second}, flags.Section.Waits)
	require.EqualValues(t, "/f", flags.Section.SecretFile)
	require.Len(t, flags.Nets, 2)
}

// TestDefaultsAndLimitsCanBeRead: a tag with a mistake is found here.
func TestDefaultsAndLimitsCanBeRead(t *testing.T) {
	seen := make(map[string]bool)
	for _, k := range config.Keys() {
		for _, text := range []string{k.Default, k.Min, k.Max} {
			if text != "" {
				require.NoError(t, config.ReadFault(cmp.Or(k.Name, "--"+k.Flag), text), k.Name)
			}
		}
		require.True(t, strings.HasSuffix(k.Doc, "."), "%s is told of in sentences: %q", k.Name, k.Doc)
		for _, name := range []string{"key " + k.Name, "flag " + k.Flag, k.Variable} {
			require.False(t, seen[name] && name != "" && !strings.HasSuffix(name, " "), "two keys have the name %s", name)
			seen[name] = true
		}
	}
}

package config_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"
	"github.com/sebas642/intercessor/relayd/config"
	"github.com/stretchr/testify/require"
)

// FuzzFile: no file makes relayd panic, and none with a key that nobody knows is
// taken. What is taken can be printed, and read again as the same.
func FuzzFile(f *testing.F) {
	for _, seed := range []string{
		config.Example(), "", "orgins = []", "drain = 8", "log = { level = 'debug', format = 'json' }", "[log]\nlevel = 'warn'",
		"\"log.level\" = 'debug'", "\"\" = 1", "[[log]]", "[log.level]", "a.b.c.d = 1", "listen = \"\\u001b[2J:1\"", "key_files = ['a',\n'b']",
		"'origins' = ['https://a.example:8443', 'http://[::1]']", "state_dir = '''\nx'''", "x = inf\ny = 07:32:00\nz = -0xff", "[log]\n[log]",
	} {
		f.Add(seed)
	}
	path := filepath.Join(f.TempDir(), "relayd.toml")
	f.Fuzz(func(t *testing.T, text string) {
		text += "\n" // else it would be taken for one that was cut
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		c, sources, err := config.Load([]string{"--config", path}, nil)
		if err != nil {
			require.NotEmpty(t, err.Error())
			return
		}
		var tree map[string]any
		require.NoError(t, toml.Unmarshal([]byte(text), &tree))
		requireKnown(t, "", tree)
		var out strings.Builder
		require.NoError(t, c.Write(&out, sources))
		require.NoError(t, os.WriteFile(path, []byte(out.String()), 0o600))
		again, _, err := config.Load([]string{"--config", path}, nil)
		require.NoError(t, err, out.String())
		require.Equal(t, c, again)
	})
}

// requireKnown fails for a name that no key and no section has.
func requireKnown(t *testing.T, in string, tree map[string]any) {
	for name, value := range tree {
		require.NotContains(t, name, ".")
		below, isTable := value.(map[string]any)
		if isTable {
			requireKnown(t, in+name+".", below)
		}
		require.True(t, slices.ContainsFunc(config.Keys(), func(k config.Key) bool {
			return k.Name == in+name || isTable && strings.HasPrefix(k.Name, in+name+".")
		}), "%s%s", in, name)
	}
}

// FuzzArguments: no call and no variable makes relayd panic, and none that is unknown is
// taken. What is taken says the same when it is written as a file.
func FuzzArguments(f *testing.F) {
	for _, seed := range [][2]string{
		{"", ""}, {"--listen\n:8001", "RELAYD_DRAIN=1s"}, {"--orgin\nx", "RELAYD_LOG_LEVEL=loud"}, {"--listen=\n--listen", "RELAYD_ORIGINS=https://a.example,,"},
		{"--", "=x"}, {"-h", "RELAYD_="}, {"--drain\n-1s", "RELAYD_DRAIN=\x00"}, {"---", "RELAYD_KEY_FILES=a,b"}, {"--origin\nhttps://a.example\n--origin\nhttp://[::1]", ""},
		{"--orgin\nx", ""}, {"", "RELAYD_ORIGIN=x"},
	} {
		f.Add(seed[0], seed[1])
	}
	path := filepath.Join(f.TempDir(), "relayd.toml")
	f.Fuzz(func(t *testing.T, arguments, variables string) {
		if strings.Contains(arguments+variables, "config") || strings.Contains(variables, "CONFIG") {
			return // another file than this test's
		}
		var args []string
		if arguments != "" {
			args = strings.Split(arguments, "\n")
		}
		environ := strings.Split(variables, "\n")
		c, sources, err := config.Load(args, environ)
		if err != nil {
			require.NotEmpty(t, err.Error())
			return
		}
		first, _, _ := strings.Cut(arguments, "\n") // the others may be values
		if flag, ok := strings.CutPrefix(first, "--"); ok && flag != "" {
			name, _, _ := strings.Cut(flag, "=")
			require.True(t, slices.ContainsFunc(config.Keys(), func(k config.Key) bool { return k.Flag == name }), "--%s", name)
		}
		for _, entry := range environ {
			name, _, _ := strings.Cut(entry, "=")
			require.True(t, !strings.HasPrefix(name, "RELAYD_") || slices.ContainsFunc(config.Keys(), func(k config.Key) bool { return k.Variable == name }), name)
		}
		var out strings.Builder
		require.NoError(t, c.Write(&out, sources))
		require.NoError(t, os.WriteFile(path, []byte(out.String()), 0o600))
		again, _, err := config.Load([]string{"--config", path}, nil)
		require.NoError(t, err, out.String())
		again.File = c.File
		require.Equal(t, c, again)
	})
}

package config_test

import (
	"flag"
	"os"
	"regexp"
	"testing"

	"github.com/sebas642/intercessor/relayd/config"
	"github.com/stretchr/testify/require"
)

var write = flag.Bool("write", false, "write the reference and the example anew")

// TestReference: what is written of the configuration is what the struct says.
func TestReference(t *testing.T) {
	for path, want := range map[string]string{
		"../../docs/configuration.md": config.Reference(),
		"../../relayd.example.toml":   config.Example(),
	} {
		if *write {
			require.NoError(t, os.WriteFile(path, []byte(want), 0o644))
		}
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, want, string(text), "%s is not of this struct: run ci/reference.sh", path)
	}
}

// TestReferenceHasEveryKey, by a look at what a reader sees and not at how it is made.
func TestReferenceHasEveryKey(t *testing.T) {
	reference, err := os.ReadFile("../../docs/configuration.md")
	require.NoError(t, err)
	example, err := os.ReadFile("../../relayd.example.toml")
	require.NoError(t, err)
	help := config.Help()
	require.Regexp(t, `(?s)### drain\n\nHow long .*?\n- default: .8s.\n- flag: .--drain., variable: .RELAYD_DRAIN.\n- Allowed: from 0s to 10m.\n`, string(reference))
	require.Regexp(t, `(?s)\n\[log\]\n.*# The lowest level .* One of debug, info, warn or error. SIGHUP changes it.\n#level = 'info'\n`, string(example))
	for _, k := range config.Keys() {
		require.Contains(t, string(reference), k.Doc)
		if k.Flag != "" {
			require.Regexp(t, `(?m)^ +--`+k.Flag+`[ [=]`, help)
		}
		if k.Name != "" {
			require.Contains(t, string(reference), "\n### "+k.Name+"\n")
		}
	}
}

// TestExampleIsTheDefaults: with every # taken away, it says what holds anyway.
func TestExampleIsTheDefaults(t *testing.T) {
	text := regexp.MustCompile(`(?m)^#(\w+ = )`).ReplaceAllString(config.Example(), "$1")
	got, sources, err := config.Load([]string{"--config", file(t, text)}, nil)
	require.NoError(t, err)
	for _, k := range config.Keys() {
		if k.Name != "" {
			require.NotEqual(t, "default", sources[k.Name], "the example does not have %s", k.Name)
		}
	}
	want, was, err := config.Load(nil, nil)
	require.NoError(t, err)
	_, changed, waiting, err := want.Reload(got, was, sources)
	require.NoError(t, err)
	require.Empty(t, changed)
	require.Equal(t, []string{"--config"}, waiting)
}

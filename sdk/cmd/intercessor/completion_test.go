package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWhatATypedWordMayBecome(t *testing.T) {
	for line, want := range map[string]string{
		"":                        "chat completion dial doctor expose forward help listen pipe receive send version",
		"re":                      "receive",
		"help s":                  "send",
		"completion ":             "bash fish zsh",
		"send --ic":               "--ice --ice-secret-file",
		"receive --max-":          "--max-file --max-files --max-total",
		"receive --yes LINK --ke": "--keep",
		"pipe --path ":            "auto direct relay",
		"pipe --path re":          "relay",
		"doctor --j":              "--json",
		"send pho":                "", // files
		"send -- --ic":            "",
		"nonsense --":             "",
	} {
		assert.Equal(t, want, strings.Join(complete(strings.Split(line, " ")), " "), line)
	}
}

// Bash itself completes with the script, and looks for files where the program has nothing to say.
func TestBashCompletes(t *testing.T) {
	this, err := os.Executable()
	require.NoError(t, err)
	program := filepath.Join(t.TempDir(), "intercessor")
	require.NoError(t, os.Symlink(this, program))
	for line, want := range map[string]string{"rec": "receive", "receive --y": "--yes", "send pho": ""} {
		words := append([]string{program}, strings.Fields(line)...)
		script := `source <("$0" completion bash)
			COMP_WORDS=("$0" "$@"); COMP_CWORD=$#
			_intercessor "$0" "${COMP_WORDS[COMP_CWORD]}"; echo "${COMPREPLY[*]}"
			complete -p intercessor`
		cmd := exec.Command("bash", append([]string{"-c", script}, words...)...)
		cmd.Stderr = os.Stderr
		out, err := cmd.Output()
		require.NoError(t, err)
		assert.Equal(t, want+"\ncomplete -o default -F _intercessor intercessor\n", string(out))
	}
	exit, _, stderr := intercessor(t.Context(), "completion", "csh")
	assert.Equal(t, exitUsage, exit)
	assert.Equal(t, "intercessor: there is no completion for csh\nintercessor: hint: it is there for bash, fish, zsh\n", stderr)
}

package main_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCheckCompilesTheSchemas(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	says := func(text string) {
		require.NoError(t, os.WriteFile(filepath.Join(folder, "chat.json"), []byte(text), 0o600))
	}
	says(`{"type":"string"}`)
	code, stdout, stderr := check(t, nil, "--schemas-folder", folder, "--schemas-builtin", "--schemas-unknown", "refuse", "--schemas-max-message", "64KiB")
	require.Zero(t, code, stderr)
	require.Contains(t, stdout, "\n[schemas]\nfolder = '"+folder+"' # --schemas-folder\nbuiltin = true # --schemas-builtin\nunknown = 'refuse' # --schemas-unknown\nrefused = 'drop' # default\n")

	says("{\n\"type\":\n}")
	code, _, stderr = check(t, nil, "--schemas-folder", folder)
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "relayd: "+filepath.Join(folder, "chat.json")+": line 3, column 1: ")
	says(`{"properties":{"text":{"tpye":"string"}}}`)
	require.Contains(t, fails(t, 1, nil, "--schemas-folder", folder), `/chat.json: at #/properties/text/tpye: \"tpye\" is not a keyword`)

	code, _, stderr = check(t, nil, "--schemas-unknown", "refuse")
	require.Equal(t, 2, code)
	require.Contains(t, stderr, "--schemas-unknown cannot be refuse while there is neither")
	for _, size := range []string{"255B", "65KiB"} {
		code, _, stderr = check(t, nil, "--schemas-max-message", size)
		require.Equal(t, 2, code)
		require.Contains(t, stderr, "must be from 256B to 64KiB")
	}
}

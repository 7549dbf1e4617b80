package main

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/sebas642/intercessor/relayd/config"
	"github.com/sebas642/intercessor/relayd/resume"
)

// resumeKeys returns the keys of resume tokens, the signing key first, and whether
// they existed before: then peers of an earlier relay may come. A configured file or
// folder that cannot be used is an error, because a relay with a new key would refuse
// the others' peers for good. Without one, if the default folder cannot be used, the key
// is in memory.
func resumeKeys(c *config.Config, log *slog.Logger) (keys []resume.Key, before bool, err error) {
	if len(c.KeyFiles) > 0 {
		keys, err = readKeys(c.KeyFiles)
		return keys, true, err
	}
	folder, err := stateDir(c)
	if err != nil {
		return keyInMemory(log, err), false, nil
	}
	key, path, made, err := resume.KeepKey(folder)
	switch {
	case errors.Is(err, resume.ErrKeyFile):
		// In the default folder too: the key is there, and peers rely on it.
		return nil, false, err
	case err != nil && c.StateDir == "":
		return keyInMemory(log, err), false, nil
	case err != nil:
		return nil, false, fmt.Errorf("cannot keep the resume key in the folder of --state-dir: %w; let relayd's user write there, name another folder, or give a key with --key-file", err)
	}
	if made {
		log.Warn("made a new resume key: peers with a token of another key cannot resume here, and all nodes of one relay need the same key", "file", path)
	}
	return []resume.Key{key}, !made, nil
}

func readKeys(files []config.SecretFile) ([]resume.Key, error) {
	var keys []resume.Key
	for _, file := range files {
		key, err := resume.ReadKey(string(file))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil, fmt.Errorf("cannot read the file of --key-file: %w; make one with: (umask 077; openssl rand -base64 32 > %s)", err, file)
		case errors.Is(err, resume.ErrKeyFile):
			return nil, err
		case err != nil:
			return nil, fmt.Errorf("cannot read the file of --key-file: %w; let relayd's user read it", err)
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// keyFiles returns the files of the resume keys. The one in the state folder may not exist.
func keyFiles(c *config.Config) []config.SecretFile {
	if len(c.KeyFiles) > 0 {
		return c.KeyFiles
	}
	folder, err := stateDir(c)
	if err != nil {
		return nil
	}
	return []config.SecretFile{config.SecretFile(filepath.Join(folder, resume.KeyFile))}
}

func keyInMemory(log *slog.Logger, why error) []resume.Key {
	log.Warn("made a resume key that ends with this process: no peer can resume after a restart, or on another node; name a folder with --state-dir", "error", why)
	return []resume.Key{resume.NewKey()}
}

// stateDir returns the configured folder, or the default.
func stateDir(c *config.Config) (string, error) {
	if c.StateDir != "" {
		return c.StateDir, nil
	}
	return defaultStateDir()
}

// defaultStateDir returns the folder of systemd, or else of the XDG Base Directory
// Specification. systemd may name several folders; a relative path in
// XDG_STATE_HOME is ignored.
func defaultStateDir() (string, error) {
	if folder, _, _ := strings.Cut(os.Getenv("STATE_DIRECTORY"), ":"); folder != "" {
		return folder, nil
	}
	if folder := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(folder) {
		return filepath.Join(folder, "intercessor"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(home, ".local", "state", "intercessor"), nil
}

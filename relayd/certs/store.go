package certs

import (
	"crypto"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/sebas642/intercessor/relayd/secret"
)

// A store holds the files of one ACME server: for each host the chain followed by the
// key, and the account's key. All have mode 0600, in folders of mode 0700.
type store struct{ folder string }

// openStore uses a separate folder for each server, so that certificates of a staging
// server do not replace real ones.
func openStore(folder, directory string) (store, error) {
	server, err := url.Parse(directory)
	if err != nil || server.Scheme != "https" || server.Host == "" {
		return store{}, fmt.Errorf("%q is not the URL of an ACME server's directory: it must begin with https://", directory)
	}
	s := store{filepath.Join(folder, strings.Map(fileLetter, server.Host+server.Path))}
	if err := os.MkdirAll(s.folder, 0o700); err != nil {
		return store{}, fmt.Errorf("cannot store certificates: %w", err)
	}
	probe := filepath.Join(s.folder, "probe")
	if err := errors.Join(writePrivate(probe, nil), os.Remove(probe)); err != nil {
		return store{}, fmt.Errorf("cannot store certificates: %w", err)
	}
	return s, nil
}

func fileLetter(r rune) rune {
	if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '-' {
		return r
	}
	return '_'
}

// certificate returns nil if there is none.
func (s store) certificate(host string) (*tls.Certificate, error) {
	path := s.file(host)
	pair, err := readPair(path, path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case errors.Is(err, ErrPair), err == nil && pair.Leaf.VerifyHostname(host) != nil:
		return nil, nil // it will be replaced
	}
	return pair, err
}

func (s store) keep(host string, text []byte) error { return writePrivate(s.file(host), text) }

func (s store) file(host string) string { return filepath.Join(s.folder, host+".pem") }

// accountKey creates the key if there is none.
func (s store) accountKey() (crypto.Signer, error) {
	path := filepath.Join(s.folder, "account.key")
	text, err := secret.Read(path, maxFile)
	if errors.Is(err, fs.ErrNotExist) {
		key, text, err := newKey()
		if err != nil {
			return nil, err
		}
		return key, writePrivate(path, text)
	}
	if err != nil {
		return nil, err
	}
	key, err := parseKey(text)
	if err != nil {
		return nil, fmt.Errorf("%s is not an account's key: %w; restore the old file, or remove it to register a new account", path, err)
	}
	return key, nil
}

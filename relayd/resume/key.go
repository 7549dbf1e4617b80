// Package resume signs and verifies resume tokens, with which peers come back, and keeps their
// key.
package resume

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/sebas642/intercessor/relayd/secret"
)

const (
	keyBytes = 32
	keyNote  = "# relayd signs resume tokens with this key. Keep it secret; the nodes of one relay share it.\n"

	maxKeyFile = 4 << 10 // bytes
)

// KeyFile is the name of the key's file in the state folder.
const KeyFile = "resume.key"

// Key signs resume tokens. A holder of the key can take every ID. The key is behind a
// function, so that printing a Key shows only an address.
type Key struct {
	secret func() []byte
}

// NewKey returns a random key.
func NewKey() Key {
	secret := make([]byte, keyBytes)
	_, _ = rand.Read(secret) // never fails: see crypto/rand
	return keyOf(secret)
}

func keyOf(secret []byte) Key {
	return Key{func() []byte { return secret }}
}

// Name returns a hash that identifies the key and does not reveal it.
func (k Key) Name() string {
	mac := hmac.New(sha256.New, k.secret())
	mac.Write([]byte("intercessor name of a resume key\x00"))
	return hex.EncodeToString(mac.Sum(nil)[:4])
}

// Derive returns a secret of 32 bytes for a purpose (HKDF, RFC 5869). It reveals neither the key
// nor the secret of another purpose.
func (k Key) Derive(purpose string) []byte {
	derived, err := hkdf.Key(sha256.New, k.secret(), nil, purpose, keyBytes)
	if err != nil {
		panic("resume: " + err.Error()) // only for a length that HKDF does not have
	}
	return derived
}

// ErrKeyFile is in the errors about a key file that exists but is not acceptable. The
// operator must correct the file.
var ErrKeyFile = errors.New("is not a key file that relayd can trust")

// ReadKey reads a key file: one line of 32 bytes in base64. It ignores empty lines and those
// that begin with #. It refuses a file that other users may read or change: see
// [secret.Private].
func ReadKey(path string) (Key, error) {
	text, err := secret.Read(path, maxKeyFile)
	switch {
	case errors.Is(err, secret.ErrExposed):
		return Key{}, fmt.Errorf("%s %w: %w", path, ErrKeyFile, err)
	case err != nil && !errors.Is(err, secret.ErrTooLong):
		return Key{}, err
	}
	key, ok := parseKey(string(text))
	if !ok {
		return Key{}, fmt.Errorf("%s %w: a key is one line of 32 bytes in base64; restore the old file, or write a new key, "+
			"which refuses every peer that resumes, with: openssl rand -base64 32 > %s", path, ErrKeyFile, path)
	}
	return key, nil
}

func parseKey(text string) (key Key, ok bool) {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		secret, err := base64.StdEncoding.DecodeString(line)
		if err != nil || len(secret) != keyBytes || key.secret != nil {
			return Key{}, false
		}
		key = keyOf(secret)
	}
	return key, key.secret != nil
}

// KeepKey returns the key of a state folder, and makes the folder and the key if they do not
// exist. Of several concurrent processes one makes the key, and all get it. path is that of
// the key file.
func KeepKey(folder string) (key Key, path string, made bool, err error) {
	path = filepath.Join(folder, KeyFile)
	key, err = ReadKey(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, path, false, err
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return Key{}, path, false, err
	}
	key = NewKey()
	err = writeKey(path, key)
	if errors.Is(err, fs.ErrExist) { // another process was faster
		key, err = ReadKey(path)
		return key, path, false, err
	}
	return key, path, err == nil, err
}

// writeKey creates the key file atomically. It never replaces a file: a hard link, unlike a
// rename, fails if the name exists.
func writeKey(path string, key Key) error {
	temp, err := os.CreateTemp(filepath.Dir(path), "."+KeyFile+".*") // mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(temp.Name()) }()
	_, err = io.WriteString(temp, keyNote+base64.StdEncoding.EncodeToString(key.secret())+"\n")
	if err = errors.Join(err, temp.Sync(), temp.Close()); err != nil {
		return err
	}
	if err := os.Link(temp.Name(), path); err != nil {
		return err
	}
	if folder, err := os.Open(filepath.Dir(path)); err == nil {
		_ = folder.Sync() // makes the new name durable; not every file system supports it
		_ = folder.Close()
	}
	return nil
}

// Package secret reads files that hold secrets, and only those that nobody else reads.
package secret

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// ErrExposed is in the error about a file that others can read or change.
var ErrExposed = errors.New("lets others read or change it")

// ErrTooLong is in the error about a file that holds more than a secret of its kind.
var ErrTooLong = errors.New("is longer than such a secret")

// Read gives what a file holds, up to a number of bytes; a longer file is an error.
// It refuses a file whose mode lets others in, as [Private] says.
func Read(path string, most int64) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if err := Private(path, info); err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(file, most+1))
	if err != nil {
		return nil, err
	}
	if int64(len(text)) > most {
		return nil, fmt.Errorf("%s %w: at most %d bytes", path, ErrTooLong, most)
	}
	return text, nil
}

// Private reports, by an error with ErrExposed in it, that others can read or change
// a file. A file of relayd's own user is that user's alone (mode & 077). One of
// another user, root above all, may be for the group to read: so a secret reaches a
// service that cannot read root's files, from systemd's LoadCredential for one, whose
// access list looks like a mode of 0440. PostgreSQL has the same rule for its keys.
// On Windows, where a file has no such mode, everything is private.
func Private(path string, info fs.FileInfo) error {
	mode := info.Mode().Perm()
	if info.IsDir() || !exposes(mode, info) {
		return nil
	}
	return fmt.Errorf("the mode %#o of %s %w; mend it with: chmod 600 %s", mode, path, ErrExposed, path)
}

// Package secret reads files that hold secrets, and refuses those that other users can
// read.
package secret

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/sebas642/intercessor/relayd/textfile"
)

// ErrExposed is wrapped by the error about a file that others can read or change.
var ErrExposed = errors.New("lets others read or change it")

// ErrTooLong is wrapped by the error about a file longer than a secret of its kind.
var ErrTooLong = errors.New("is longer than such a secret")

// Read returns the contents of a file of at most this many bytes. It refuses a longer
// file, one that is not [Private], and one that begins with a byte order mark
// ([textfile.ErrEncoding]).
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
	if err := textfile.Check(path, text); err != nil {
		return nil, err // not stripped: another program may treat the mark as part of the secret
	}
	return text, nil
}

// Private returns an error that wraps ErrExposed if others can read or change a file.
//
// A file of relayd's own user must be closed to all others (mode & 077). A file of root
// or another user may be readable by its group (mode & 027), because that is how a
// secret reaches a service that cannot read root's files: Debian's group ssl-cert,
// Kubernetes' fsGroup, and systemd's LoadCredential, whose access list looks like mode
// 0440. A relayd of another user that can open such a file is in its group. PostgreSQL
// has the same rule for its keys. On Windows files have no such mode, and every file is
// private.
func Private(path string, info fs.FileInfo) error {
	mode := info.Mode().Perm()
	if info.IsDir() || !exposes(mode, info) {
		return nil
	}
	return fmt.Errorf("the mode %#o of %s %w; fix it with: chmod 600 %s (640 if root owns it and relayd's group reads it, in Kubernetes defaultMode: 0440)", mode, path, ErrExposed, path)
}

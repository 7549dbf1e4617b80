// Package secret reads files that hold secrets, and only those that nobody else reads.
package secret

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/sebas642/intercessor/relayd/textfile"
)

// ErrExposed is in the error about a file that others can read or change.
var ErrExposed = errors.New("lets others read or change it")

// ErrTooLong is in the error about a file that holds more than a secret of its kind.
var ErrTooLong = errors.New("is longer than such a secret")

// Read gives what a file holds, up to a number of bytes; a longer file is an error.
// It refuses a file whose mode lets others in, as [Private] says, and one that begins with a
// byte order mark ([textfile.ErrEncoding]).
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
		return nil, err // it is not dropped, because the other program may take it as part of the secret
	}
	return text, nil
}

// Private reports, by an error with ErrExposed in it, that others can read or change
// a file. A file of relayd's own user is that user's alone (mode & 077). One of root or
// another user may be for the group to read (mode & 027): so a secret reaches a service
// that cannot read root's files. Debian's group ssl-cert, Kubernetes' fsGroup, and systemd's
// LoadCredential, whose access list looks like a mode of 0440, do that. A relayd of another
// user that can open such a file is in its group. PostgreSQL has the same rule for its keys.
// On Windows, where a file has no such mode, everything is private.
func Private(path string, info fs.FileInfo) error {
	mode := info.Mode().Perm()
	if info.IsDir() || !exposes(mode, info) {
		return nil
	}
	return fmt.Errorf("the mode %#o of %s %w; mend it with: chmod 600 %s (640 if root owns it and relayd's group reads it, in Kubernetes defaultMode: 0440)", mode, path, ErrExposed, path)
}

// Package textfile reads files that people edit.
package textfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
)

// ErrEncoding is wrapped by the error about a text that is not plain UTF-8.
var ErrEncoding = errors.New("save it as UTF-8 without a byte order mark")

// Read returns the contents of a file of at most this many bytes. A longer file is an
// error.
func Read(path string, most int64) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	return ReadFrom(file, path, most)
}

// ReadFrom is like Read for an open file.
func ReadFrom(file io.Reader, path string, most int64) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(file, most+1))
	if err != nil {
		return nil, err
	}
	if int64(len(text)) > most {
		return nil, fmt.Errorf("%s is longer than %d bytes", path, most)
	}
	if err := Check(path, text); err != nil {
		return nil, err
	}
	if bytes.IndexByte(text, 0) >= 0 {
		return nil, fmt.Errorf("%s holds NUL bytes, as UTF-16 does; %w", path, ErrEncoding)
	}
	return text, nil
}

// Check returns an error if text begins with a byte order mark, as files from Windows
// editors and shells do. The mark is invisible, and would become part of the first word.
// What names the text in the error.
func Check(what string, text []byte) error {
	switch {
	case bytes.HasPrefix(text, []byte("\xef\xbb\xbf")):
		return fmt.Errorf("%s begins with a byte order mark; %w", what, ErrEncoding)
	case bytes.HasPrefix(text, []byte("\xff\xfe")), bytes.HasPrefix(text, []byte("\xfe\xff")):
		return fmt.Errorf("%s is UTF-16; %w", what, ErrEncoding)
	}
	return nil
}

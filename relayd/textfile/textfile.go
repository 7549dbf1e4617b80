// Package textfile reads files that people write with an editor.
package textfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
)

// ErrEncoding is in the error about a text in another encoding than plain UTF-8.
var ErrEncoding = errors.New("save it as UTF-8 without a byte order mark")

// Read returns what a file holds, up to a number of bytes; a longer file is an error.
func Read(path string, most int64) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	return ReadFrom(file, path, most)
}

// ReadFrom is Read for a file that is open.
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

// Check reports a byte order mark, with which editors and shells of Windows begin files. It
// is invisible, and would become part of the first word. What names the text in the error.
func Check(what string, text []byte) error {
	switch {
	case bytes.HasPrefix(text, []byte("\xef\xbb\xbf")):
		return fmt.Errorf("%s begins with a byte order mark; %w", what, ErrEncoding)
	case bytes.HasPrefix(text, []byte("\xff\xfe")), bytes.HasPrefix(text, []byte("\xfe\xff")):
		return fmt.Errorf("%s is UTF-16; %w", what, ErrEncoding)
	}
	return nil
}

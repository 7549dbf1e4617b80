package config

import (
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/sebas642/intercessor/relayd/secret"
	"github.com/sebas642/intercessor/relayd/textfile"
)

const maxFile = 256 << 10 // bytes

// file returns the settings of a TOML file.
func (s *schema) file(path string) ([]setting, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read the configuration: %w", err)
	}
	defer func() { _ = file.Close() }()
	text, err := textfile.ReadFrom(file, path, maxFile)
	if err != nil {
		return nil, fmt.Errorf("cannot read the configuration: %w", err)
	}
	all, err := s.parse(path, text)
	err = errors.Join(err, uncut(path, text))
	if slices.ContainsFunc(all, func(given setting) bool { return given.key.secret }) {
		info, statErr := file.Stat()
		if statErr == nil {
			statErr = secret.Private(path, info)
		}
		err = errors.Join(err, statErr)
	}
	return all, err
}

// uncut refuses a file that ends within a line: half a number or half a comment is still
// valid.
func uncut(path string, text []byte) error {
	switch {
	case len(text) == 0:
		return fmt.Errorf("%s is empty, so it may have been cut; a file without settings has at least a comment", path)
	case text[len(text)-1] != '\n':
		return fmt.Errorf("%s does not end with a line break, so it may have been cut; add one if it is whole", path)
	}
	return nil
}

package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/sebas642/intercessor/relayd/secret"
)

const maxFile = 256 << 10 // bytes

// file gives what a TOML file says.
func (s *schema) file(path string) ([]setting, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read the configuration: %w", err)
	}
	defer func() { _ = file.Close() }()
	text, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("cannot read the configuration: %w", err)
	}
	if len(text) > maxFile {
		return nil, fmt.Errorf("cannot read the configuration: %s is longer than %d bytes", path, maxFile)
	}
	all, err := s.parse(path, text)
	if slices.ContainsFunc(all, func(given setting) bool { return given.key.secret }) {
		info, statErr := file.Stat()
		if statErr == nil {
			statErr = secret.Private(path, info)
		}
		err = errors.Join(err, statErr)
	}
	return all, err
}

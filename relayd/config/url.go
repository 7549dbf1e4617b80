package config

import (
	"errors"
	"net/url"
)

// URL is an absolute address with http or https, without a user: a secret in it would
// stand in logs and in every error of a request. "" is none.
type URL string

// UnmarshalText implements [encoding.TextUnmarshaler].
func (u *URL) UnmarshalText(text []byte) error {
	parsed, err := url.Parse(string(text))
	switch {
	case len(text) == 0:
	case err != nil || parsed.Host == "" || parsed.Scheme != "http" && parsed.Scheme != "https":
		return errors.New("must be an address, as https://backend.example/authorize")
	case parsed.User != nil:
		return errors.New("must be an address without user and password, which belong into a file")
	}
	*u = URL(text)
	return nil
}

package config

import (
	"errors"
	"net/url"
	"strconv"
)

// URL is an absolute http or https address without a user: a secret in it would
// appear in logs and in every error of a request. "" means none.
type URL string

// UnmarshalText implements [encoding.TextUnmarshaler].
func (u *URL) UnmarshalText(text []byte) error {
	parsed, err := url.Parse(string(text))
	switch {
	case len(text) == 0:
	case err != nil || parsed.Hostname() == "" || !isPort(parsed.Port()) || parsed.Scheme != "http" && parsed.Scheme != "https":
		return errors.New("must be an address, as https://backend.example:8443")
	case parsed.User != nil:
		return errors.New("must be an address without user and password, which belong into a file")
	case parsed.Fragment != "":
		return errors.New("must be an address without #" + parsed.EscapedFragment() + ", which is never sent")
	}
	*u = URL(text)
	return nil
}

// isPort reports whether a port can be one, or is left out.
func isPort(text string) bool {
	n, err := strconv.ParseUint(text, 10, 16)
	return text == "" || err == nil && n > 0
}

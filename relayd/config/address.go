package config

import (
	"errors"
	"net"
	"strconv"
)

// Address is a host and a port to listen on. No host means every interface, port 0 a free
// port. "" means none.
type Address string

// UnmarshalText implements [encoding.TextUnmarshaler].
func (a *Address) UnmarshalText(text []byte) error {
	if len(text) > 0 {
		_, port, err := net.SplitHostPort(string(text))
		if err == nil {
			if n, numeric := strconv.Atoi(port); numeric == nil && n > 65535 {
				return errors.New("must have a port of at most 65535")
			}
			_, err = net.LookupPort("tcp", port)
		}
		if err != nil {
			return errors.New("must be an address with a port, as 127.0.0.1:9090 or :9090")
		}
	}
	*a = Address(text)
	return nil
}

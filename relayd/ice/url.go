package ice

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// CheckURL returns an error if url is not that of a STUN or TURN server: stun:HOST,
// stun:HOST:PORT, and the same with stuns, turn and turns. The last two may end with
// ?transport=udp or ?transport=tcp (RFC 7064, section 3.1; RFC 7065, section 3.1). The
// RFC permits other transports, but no browser knows one, so they are refused.
func CheckURL(url string) error {
	scheme, rest, _ := strings.Cut(url, ":")
	switch scheme {
	case "stun", "stuns", "turn", "turns":
	default:
		return fmt.Errorf("the ICE server %q must begin with stun:, stuns:, turn: or turns: and a host", url)
	}
	authority, query, asked := strings.Cut(rest, "?")
	switch {
	case strings.HasPrefix(rest, "//"):
		return fmt.Errorf("the ICE server %q has slashes: the host follows the colon, as in %s:turn.example:3478", url, scheme)
	case strings.Contains(authority, "@"):
		// The URL is not quoted: the text before the @ may be a password.
		return fmt.Errorf("the URL of an ICE server of %s: has an @: put username and credential in a separate file", scheme)
	case asked && !strings.HasPrefix(scheme, "turn"):
		return fmt.Errorf("the ICE server %q has a question mark, which STUN does not allow", url)
	case asked && query != "transport=udp" && query != "transport=tcp":
		return fmt.Errorf("the ICE server %q may only end with ?transport=udp or ?transport=tcp", url)
	}
	host, port, ok := split(authority)
	if !ok {
		return fmt.Errorf("the ICE server %q has no valid host: a name, an IPv4 address, or an IPv6 address in brackets", url)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return fmt.Errorf("the ICE server %q has the port %q after %s: it must be from 1 to 65535, or be left out", url, port, host)
	}
	return nil
}

// split separates a host from its port, and reports whether the host is well-formed.
// Without a port it returns a valid one.
func split(authority string) (host, port string, ok bool) {
	const none = "1"
	if strings.HasPrefix(authority, "[") {
		inner, rest, closed := strings.Cut(authority[1:], "]")
		addr, err := netip.ParseAddr(inner)
		ok = closed && err == nil && addr.Is6() && addr.Zone() == "" && (rest == "" || rest[0] == ':')
		if rest == "" {
			return inner, none, ok
		}
		return inner, rest[1:], ok
	}
	host, port, given := strings.Cut(authority, ":")
	if !given {
		port = none
	}
	return host, port, isName(host) && !strings.Contains(port, ":")
}

// isName reports whether host has the form of a DNS name or an IPv4 address.
func isName(host string) bool {
	if strings.Trim(host, "0123456789.") == "" {
		_, err := netip.ParseAddr(host)
		return err == nil
	}
	const maxName, maxLabel = 253, 63
	for label := range strings.SplitSeq(strings.TrimSuffix(host, "."), ".") {
		if label == "" || len(label) > maxLabel || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
	}
	return len(host) <= maxName && !strings.ContainsFunc(host, func(r rune) bool {
		return r != '-' && r != '.' && r != '_' && (r < '0' || r > '9') && (r|0x20 < 'a' || r|0x20 > 'z')
	})
}

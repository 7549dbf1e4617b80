package edge

import (
	"net/netip"
	"strings"
)

// lastListed cuts the last element off a list without quotes (X-Forwarded-For).
func lastListed(line string) (rest, element string) {
	i := strings.LastIndexByte(line, ',')
	return line[:max(i, 0)], line[i+1:]
}

// lastElement cuts the last element off a list in which commas may be quoted (Forwarded). It
// parses from the right, so that the client's part, with an open quote for instance, cannot
// change the meaning of the part that the proxy has appended. Cutting at every comma would let
// a client put an element of its own into a quoted host.
func lastElement(line string) (rest, element string) {
	i := cutRight(line, ',')
	return line[:max(i, 0)], line[i+1:]
}

// cutRight returns the index of the last separator that is not quoted (RFC 9110, section
// 5.6.4), or -1.
func cutRight(s string, separator byte) int {
	quoted := false
	for i := len(s) - 1; i >= 0; i-- {
		switch {
		case s[i] == '"' && !(quoted && escaped(s[:i])):
			quoted = !quoted
		case s[i] == separator && !quoted:
			return i
		}
	}
	return -1
}

// escaped reports whether the character behind s is escaped: s ends with an odd number of
// backslashes.
func escaped(s string) bool {
	return (len(s)-len(strings.TrimRight(s, `\`)))%2 == 1
}

// parseElement returns the address of the only `for` of an element (RFC 7239, section 4). It
// returns false if there is none or more than one, and if it is not an address: "unknown" or
// an obfuscated identifier.
func parseElement(element string) (addr netip.Addr, ok bool) {
	for element != "" {
		i := cutRight(element, ';')
		name, value, _ := strings.Cut(strings.TrimSpace(element[i+1:]), "=")
		element = element[:max(i, 0)]
		if !strings.EqualFold(name, "for") {
			continue
		}
		if ok {
			return netip.Addr{}, false
		}
		if len(value) > 1 && value[0] == '"' && value[len(value)-1] == '"' {
			value = value[1 : len(value)-1]
		}
		if addr, ok = parseNode(value); !ok {
			return netip.Addr{}, false
		}
	}
	return addr, ok
}

// forwardedProto returns the left-most proto of Forwarded, which is that of the proxy next to
// the client, or "".
func forwardedProto(lines []string) (proto string) {
	rest := strings.Join(lines, ",")
	for strings.TrimSpace(rest) != "" {
		var element string
		for rest, element = lastElement(rest); element != ""; {
			i := cutRight(element, ';')
			name, value, _ := strings.Cut(strings.TrimSpace(element[i+1:]), "=")
			element = element[:max(i, 0)]
			if strings.EqualFold(name, "proto") {
				proto = strings.Trim(value, `"`)
			}
		}
	}
	return proto
}

// parseNode parses an address with or without a port, IPv6 with or without brackets, because
// proxies write X-Forwarded-For in all these forms.
func parseNode(node string) (netip.Addr, bool) {
	node = strings.TrimSpace(node)
	addr, err := netip.ParseAddr(node)
	if inner, ok := strings.CutPrefix(node, "["); ok && strings.HasSuffix(inner, "]") {
		addr, err = netip.ParseAddr(strings.TrimSuffix(inner, "]"))
		if err == nil && addr.Is4() {
			return netip.Addr{}, false
		}
	} else if err != nil {
		var withPort netip.AddrPort
		withPort, err = netip.ParseAddrPort(node)
		addr = withPort.Addr()
	}
	if err != nil || addr.Zone() != "" || addr.IsUnspecified() {
		return netip.Addr{}, false
	}
	return addr.Unmap(), true
}

package edge

import (
	"net/netip"
	"strings"
)

// lastListed takes the last element off a list without quotes (X-Forwarded-For).
func lastListed(line string) (rest, element string) {
	i := strings.LastIndexByte(line, ',')
	return line[:max(i, 0)], line[i+1:]
}

// lastElement takes the last element off a list in which commas may be quoted
// (Forwarded). It reads from the right: so what a client has written, an open quote
// for one, cannot reach over to what the proxy has added behind it. Read from the
// left it would, and cut at every comma, a client could write an element of its own
// into a quoted host.
func lastElement(line string) (rest, element string) {
	i := cutRight(line, ',')
	return line[:max(i, 0)], line[i+1:]
}

// cutRight finds the last separator that is not quoted (RFC 9110, section 5.6.4),
// or -1.
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

// escaped says whether what follows s is escaped: an odd number of backslashes
// stands at its end.
func escaped(s string) bool {
	return (len(s)-len(strings.TrimRight(s, `\`)))%2 == 1
}

// parseElement gives the address of the one `for` of an element (RFC 7239, section
// 4). It is false where there is none, where there are two, and where it names
// nobody: unknown, or a name that the proxy has made up.
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

// forwardedProto gives the left-most proto of Forwarded, which the proxy next to the client
// has written; "" where there is none.
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

// parseNode reads an address with or without a port, IPv6 with or without brackets:
// proxies write X-Forwarded-For in all these ways.
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

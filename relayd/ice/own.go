package ice

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sebas642/intercessor/protocol"
)

// A Peer is the recipient of a list of servers.
type Peer struct {
	Room, ID protocol.ID
	Host     Host // by which it has reached the relay
}

// An Own says how peers reach the relay's own TURN server (T6).
type Own struct {
	// Hosts are the names by which peers may reach it; a peer that has come by another one is
	// told the first. None: a peer is told the host by which it has reached the relay.
	Hosts []string

	// UDPPort and TCPPort are where it is published. 0: the port by which the peer has reached
	// the relay.
	UDPPort, TCPPort int

	// TLS says that TCP connections must use TLS. Secure reports whether a host has a certificate
	// that browsers accept; without TLS it may be nil. Another host is told for UDP alone.
	TLS    bool
	Secure func(host string) bool

	// Credential returns the credential of a peer.
	Credential func(room, peer protocol.ID, until time.Time) (username, password string)
}

// maxHost is the length of the longest name, in brackets or not, with a port.
const maxHost = 253 + len(":65535")

// longestHost stands for all hosts where the length of a list is checked.
var longestHost = Host(strings.Repeat("x", maxHost-len(":65535")) + ":65535")

// A Host is a Host header: a name or an address, in brackets if it is IPv6, and a port or none.
type Host string

// ParseHost returns a Host header in the form of URLs, "" if it cannot be in one.
func ParseHost(header string) Host {
	if len(header) > maxHost {
		return ""
	}
	if _, port, ok := split(header); !ok || !isPort(port) {
		return ""
	}
	return Host(strings.ToLower(header))
}

func isPort(text string) bool {
	n, err := strconv.ParseUint(text, 10, 16)
	return err == nil && n > 0
}

// cut returns the host, with its brackets, and the port, "" if there is none.
func (h Host) cut() (host, port string) {
	if at := strings.LastIndexByte(string(h), ':'); at > strings.LastIndexByte(string(h), ']') {
		return string(h[:at]), string(h[at+1:])
	}
	return string(h), ""
}

// CheckHost returns an error unless host can stand in a URL: a name or an address, in brackets if
// it is IPv6, without a port.
func CheckHost(host string) error {
	parsed := ParseHost(host)
	if _, port := parsed.cut(); parsed == "" || port != "" {
		return errors.New(strconv.Quote(host) + " is not a host: write a name or an address, as relay.example.org, 192.0.2.7 or [2001:db8::7], without a port")
	}
	return nil
}

// urls returns the URLs for a peer that has reached the relay by a host, nil if there are none.
func (o *Own) urls(by Host) []string {
	host, port := by.cut()
	if len(o.Hosts) > 0 && !slices.Contains(o.Hosts, host) {
		host = o.Hosts[0]
	}
	if host == "" {
		return nil
	}
	if port == "" {
		port = "80"
		if o.TLS {
			port = "443"
		}
	}
	published := func(number int) string {
		if number != 0 {
			return strconv.Itoa(number)
		}
		return port
	}
	urls := []string{"turn:" + host + ":" + published(o.UDPPort) + "?transport=udp"}
	switch tcp := ":" + published(o.TCPPort) + "?transport=tcp"; {
	case !o.TLS:
		urls = append(urls, "turn:"+host+tcp)
	case o.Secure(strings.Trim(host, "[]")):
		urls = append(urls, "turns:"+host+tcp)
	}
	return urls
}

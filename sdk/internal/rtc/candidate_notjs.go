//go:build !js

package rtc

import (
	"errors"
	"hash/fnv"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/pion/logging"
)

var errCandidate = errors.New("its form is not known")

// readCandidate converts a candidate to the form that pion accepts. It accepts every spelling
// that browsers do; testdata/candidates.json lists them. sdpMid and sdpMLineIndex do not
// matter, because all media of a connection share one path.
func readCandidate(line string) (string, error) {
	line = strings.TrimPrefix(strings.TrimSpace(line), "a=")
	foundation, rest, _ := strings.Cut(strings.TrimPrefix(line, "candidate:"), " ")
	fields := strings.Fields(rest) // component, transport, priority, address, port, "typ", type, attributes
	if len(fields) < 7 || strings.ContainsAny(line, "\r\n") {
		return "", errCandidate
	}
	if _, err := strconv.Atoi(fields[0]); err != nil {
		return "", errCandidate
	}
	address := strings.Trim(fields[3], "[]")
	if _, err := netip.ParseAddr(address); err != nil {
		// Other names are not looked up: the lookup would reveal this peer to a stranger's server.
		if address = strings.ToLower(address); !strings.HasSuffix(address, ".local") {
			return "", errCandidate
		}
	}
	if _, err := strconv.ParseUint(fields[0], 10, 16); err != nil {
		fields[0] = "1"
	}
	if foundation == "" || len(foundation) > 32 || strings.Trim(foundation, iceChars) != "" {
		hash := fnv.New32a()
		_, _ = hash.Write([]byte(foundation))
		foundation = strconv.Itoa(int(hash.Sum32()))
	}
	known := append([]string{foundation, fields[0], strings.ToLower(fields[1]), unpadded(fields[2]), address, unpadded(fields[4])}, fields[5:7]...)
	attributes := fields[7:]
	value := func(name string) string {
		for pair := range slices.Chunk(attributes, 2) {
			if pair[0] == name && len(pair) == 2 {
				return pair[1]
			}
		}
		return ""
	}
	if at, port := value("raddr"), value("rport"); at != "" && port != "" {
		known = append(known, "raddr", at, "rport", port)
	}
	for _, name := range []string{"tcptype", "ufrag"} {
		if v := value(name); v != "" {
			known = append(known, name, v)
		}
	}
	return strings.Join(known, " "), nil
}

const iceChars = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

// unpadded returns number without leading zeros.
func unpadded(number string) string {
	if trimmed := strings.TrimLeft(number, "0"); trimmed != "" {
		return trimmed
	}
	return number
}

// debug logs text if PION_LOG_DEBUG is set.
func debug(text string) { logger().NewLogger("intercessor").Debug(text) }

// logger is silent by default, because a library must not write to its program's terminal.
// PION_LOG_DEBUG and the related variables still work.
func logger() *logging.DefaultLoggerFactory {
	quiet := logging.NewDefaultLoggerFactory()
	quiet.DefaultLogLevel = logging.LogLevelDisabled
	return quiet
}

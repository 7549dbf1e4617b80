package protocol

// IsLabel reports whether an IP address, in its usual text, is one that a relay's own TURN server
// may give out (I7, RFC 5737).
func IsLabel(address string) bool {
	for _, network := range [...]string{"192.0.2.", "198.51.100.", "203.0.113."} {
		if len(address) > len(network) && address[:len(network)] == network {
			return true
		}
	}
	return false
}

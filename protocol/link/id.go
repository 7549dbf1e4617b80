package link

// ID is a number of 64 bits that names a link, or the client's instance (a nonce), in its
// form on the wire: 16 hexadecimal digits, lower case. The zero ID means none.
type ID [16]byte

// NewID returns the ID for 64 random bits of the caller: this package draws none.
func NewID(random uint64) (id ID) {
	const hex = "0123456789abcdef"
	for i := range id {
		id[i] = hex[random>>60]
		random <<= 4
	}
	return id
}

// ParseID parses an ID, and reports whether s has the form of one.
func ParseID(s string) (id ID, ok bool) {
	if len(s) != len(id) {
		return ID{}, false
	}
	for i := range id {
		c := s[i]
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return ID{}, false
		}
		id[i] = c
	}
	return id, true
}

// String returns the digits of id.
func (id ID) String() string { return string(id[:]) }

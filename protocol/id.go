package protocol

// ID names a peer: 1 to 64 of the characters a-z, 0-9 and '-' (B29). The relay draws it
// and never uses it twice. The ID of a server is enough to enter its room, so an ID must
// not be logged.
type ID string

// RelayID is the sender of the relay's own messages. No peer has it.
const RelayID ID = "0"

// ValidID reports whether s has the form of an ID, whether or not a peer has that ID.
// RelayID has the form, too.
func ValidID(s string) bool { return validID(s) }

func validID[T string | []byte](s T) bool {
	if len(s) == 0 || len(s) > MaxID {
		return false
	}
	for i := range len(s) {
		if class[s[i]]&classID == 0 {
			return false
		}
	}
	return true
}

package protocol

// RoomKey returns the part of a spelled ID that distinguishes rooms: in lower case,
// without spaces and without hyphens (B52). It accepts any text. The key of a text that is
// not a spelling of an ID equals that of no ID.
func RoomKey(spelling string) string {
	key := make([]byte, 0, len(spelling))
	for i := range len(spelling) {
		if c := spelling[i]; c != ' ' && c != '-' {
			key = append(key, lower(c))
		}
	}
	return string(key)
}

// Spell converts an ID as a person types it to the form of an ID (B29) that names the same
// room: in lower case, with one hyphen in place of white space. It returns false for a
// text that is not a spelling of an ID.
func Spell(text string) (ID, bool) {
	id := make([]byte, 0, len(text))
	space := false
	for i := range len(text) {
		switch c := text[i]; c {
		case ' ', '\t', '\n', '\r':
			space = len(id) > 0
		default:
			if space {
				id = append(id, '-')
			}
			id, space = append(id, lower(c)), false
		}
	}
	return ID(id), validID(id) && RoomKey(string(id)) != ""
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c |= 0x20
	}
	return c
}

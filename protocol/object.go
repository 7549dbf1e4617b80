package protocol

// members iterates over the members of one object:
//
//	for m := (members{text: frame}); m.next(); { ... m.name, m.value ... }
//
// After the loop, fault is not 0 if it stopped because of an error.
type members struct {
	text  []byte
	at    int   // index in text after what was scanned, or of the byte at fault
	fault fault // what stopped the scan
	begun bool

	name  []byte // the member's name, escapes decoded
	value []byte // the member's value as in text, without white space around it
}

// next scans one member. It returns false at the end of the text and at a fault.
func (m *members) next() bool {
	b, i := m.text, skipSpace(m.text, m.at)
	if !m.begun {
		m.begun = true
		if i >= len(b) || b[i] != '{' {
			return m.stop(i, faultOf(b, i))
		}
		if i = skipSpace(b, i+1); i < len(b) && b[i] == '}' {
			return m.stop(scanEnd(b, i+1))
		}
	} else {
		switch {
		case i < len(b) && b[i] == ',':
			i = skipSpace(b, i+1)
		case i < len(b) && b[i] == '}':
			return m.stop(scanEnd(b, i+1))
		default:
			return m.stop(i, faultOf(b, i))
		}
	}

	if i >= len(b) || b[i] != '"' {
		return m.stop(i, faultOf(b, i))
	}
	first := i + 1
	i, f := scanString(b, first)
	if f != 0 {
		return m.stop(i, f)
	}
	m.name = text(b[first : i-1])
	if i, f = scanColon(b, i); f != 0 {
		return m.stop(i, f)
	}
	first = i
	if i, f = scanValue(b, i, 1); f != 0 {
		return m.stop(i, f)
	}
	m.value = b[first:i:i]
	m.at = i
	return true
}

func (m *members) stop(i int, f fault) bool {
	m.at, m.fault = i, f
	return false
}

// err returns the error in the text, once next has returned false.
func (m *members) err() error {
	if m.fault != 0 {
		return m.fault.at(m.at)
	}
	return nil
}

// ScanObject finds the named members of object, the text of one JSON object. It sets
// values[i] to the value of names[i]: a slice of object without white space around it, or
// nil if there is no such member. It ignores other members. values must be as long as
// names.
//
// The whole text is checked as by [Valid]. The error is an *Error: CodeMalformed or
// CodeInvalidText for the text, CodeRepeatedField if a named member is present twice. The
// time is proportional to len(object) * len(names).
func ScanObject(object []byte, names []string, values [][]byte) error {
	clear(values)
	var repeated string
	m := members{text: object}
	for m.next() {
		for i, name := range names {
			if string(m.name) != name {
				continue
			}
			if values[i] != nil {
				repeated = name
			}
			values[i] = m.value
			break
		}
	}
	if err := m.err(); err != nil {
		return err
	}
	if repeated != "" {
		return errRepeated(repeated)
	}
	return nil
}

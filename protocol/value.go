package protocol

import "strconv"

// Number parses a number: only digits, without a sign, a fraction, an exponent or a
// leading zero, and at most MaxNumber.
func Number(raw []byte) (uint64, bool) {
	const digits = 16 // of MaxNumber, so n cannot overflow
	if len(raw) == 0 || len(raw) > digits || raw[0] == '0' && len(raw) > 1 {
		return 0, false
	}
	var n uint64
	for _, c := range raw {
		if class[c]&classDigit == 0 {
			return 0, false
		}
		n = 10*n + uint64(c-'0')
	}
	if n > MaxNumber {
		return 0, false
	}
	return n, true
}

// The following functions parse the raw value of an optional field. Nil, for a missing
// field, gives zero.

func textField(name string, raw []byte) (string, error) {
	if raw == nil {
		return "", nil
	}
	s, err := Unquote(raw)
	if err != nil {
		return "", errField(name, "a string")
	}
	return s, nil
}

// count parses seconds, milliseconds or bytes. It limits the number to what fits into an
// int on every platform.
func count(name string, raw []byte) (int, error) {
	if raw == nil {
		return 0, nil
	}
	n, ok := Number(raw)
	if !ok {
		return 0, errField(name, "a number below 2^53")
	}
	return int(min(n, 1<<31-1)), nil
}

func boolean(raw []byte) (value, ok bool) {
	switch string(raw) {
	case "true":
		return true, true
	case "false":
		return false, true
	}
	return false, false
}

func appendNumber(dst []byte, n uint64) []byte { return strconv.AppendUint(dst, n, 10) }

func appendCount(dst []byte, n int) []byte { return strconv.AppendInt(dst, int64(n), 10) }

func appendBoolean(dst []byte, b bool) []byte { return strconv.AppendBool(dst, b) }

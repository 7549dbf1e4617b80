package protocol

func scanNumber(b []byte, i int) (int, fault) {
	if i < len(b) && b[i] == '-' {
		i++
	}
	if i < len(b) && b[i] == '0' {
		i++
	} else {
		var f fault
		if i, f = scanDigits(b, i); f != 0 {
			return i, f
		}
	}
	if i < len(b) && b[i] == '.' {
		var f fault
		if i, f = scanDigits(b, i+1); f != 0 {
			return i, f
		}
	}
	if i < len(b) && (b[i] == 'e' || b[i] == 'E') {
		i++
		if i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		return scanDigits(b, i)
	}
	return i, 0
}

// scanDigits scans one or more digits.
func scanDigits(b []byte, i int) (int, fault) {
	if i >= len(b) || class[b[i]]&classDigit == 0 {
		return i, faultOf(b, i)
	}
	for i < len(b) && class[b[i]]&classDigit != 0 {
		i++
	}
	return i, 0
}

func scanLiteral(b []byte, i int, literal string) (int, fault) {
	for j := range len(literal) {
		if i >= len(b) || b[i] != literal[j] {
			return i, faultOf(b, i)
		}
		i++
	}
	return i, 0
}

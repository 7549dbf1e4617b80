package schema

import "encoding/json"

// The library compares a number as a fraction of whole numbers. A number
// with a large exponent has as many digits, and beyond 10^6 the library gets nil
// and dereferences it.
const (
	maxDigits   = 64 // characters
	maxExponent = 64
)

func fits(n json.Number) bool {
	if len(n) > maxDigits {
		return false
	}
	exponent := 0
	for i := range len(n) {
		if n[i]|0x20 != 'e' {
			continue
		}
		for _, c := range n[i+1:] {
			if c >= '0' && c <= '9' {
				exponent = min(10*exponent+int(c-'0'), maxExponent+1)
			}
		}
	}
	return exponent <= maxExponent
}

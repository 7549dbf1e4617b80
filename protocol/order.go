package protocol

// Order ranks the connections of one ID (R5): the highest lives, every other is replaced.
type Order struct{ Generation, Attempt, Random uint64 }

// Compare returns -1 if o is lower than p, +1 if it is higher, and 0 if they are equal.
func (o Order) Compare(p Order) int {
	switch {
	case o.Generation != p.Generation:
		return compare(o.Generation, p.Generation)
	case o.Attempt != p.Attempt:
		return compare(o.Attempt, p.Attempt)
	}
	return compare(o.Random, p.Random)
}

// compare is cmp.Compare without the import.
func compare(a, b uint64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// parseOrder parses [G,A,R], a value that the scanner has accepted.
func parseOrder(raw []byte) (o Order, ok bool) {
	if raw[0] != '[' {
		return Order{}, false
	}
	i := 1
	for place, n := range []*uint64{&o.Generation, &o.Attempt, &o.Random} {
		i = skipSpace(raw, i)
		first := i
		for class[raw[i]]&classDigit != 0 {
			i++
		}
		if *n, ok = Number(raw[first:i]); !ok {
			return Order{}, false
		}
		i = skipSpace(raw, i)
		if behind := "],"; place == 2 && raw[i] != behind[0] || place < 2 && raw[i] != behind[1] {
			return Order{}, false
		}
		i++
	}
	return o, true
}

func errOrder(name string) *Error { return errField(name, "an array of three numbers below 2^53") }

func appendOrder(dst []byte, o Order) []byte {
	dst = append(dst, '[')
	dst = appendNumber(dst, o.Generation)
	dst = append(dst, ',')
	dst = appendNumber(dst, o.Attempt)
	dst = append(dst, ',')
	dst = appendNumber(dst, o.Random)
	return append(dst, ']')
}

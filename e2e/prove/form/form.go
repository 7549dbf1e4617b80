// Package form says in which form a proof is to run: the short one of every go test, or
// the full one.
package form

import (
	"fmt"
	"os"
	"strconv"
)

// Full says that INTERCESSOR_PROVE asks for the full form.
var Full = os.Getenv("INTERCESSOR_PROVE") == "full"

// Number is what an environment variable says, or otherwise if it is not set.
func Number(name string, otherwise int) (int, error) {
	s := os.Getenv(name)
	if s == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("%s is %q, and must be a number", name, s)
	}
	return n, nil
}

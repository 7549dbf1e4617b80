// Package form says whether a proof runs in its short or its full form, and how long its waits
// may last. Every go test runs the short form.
package form

import (
	"flag"
	"fmt"
	"os"
	"strconv"
	"time"
)

// Full is true if INTERCESSOR_PROVE asks for the full form.
var Full = os.Getenv("INTERCESSOR_PROVE") == "full"

// Number returns the number in an environment variable, or otherwise if it is not set.
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

// Patience bounds a wait for an event that should come at once. It is long, because a machine
// may be busy; a test that passes never waits for it. It is at most a quarter of go test's
// -timeout, so that the history of a test that hangs is still judged.
func Patience() time.Duration {
	most := 2 * time.Minute
	if timeout := flag.Lookup("test.timeout"); timeout != nil {
		if all := timeout.Value.(flag.Getter).Get().(time.Duration); all > 0 {
			return min(most, all/4)
		}
	}
	return most
}

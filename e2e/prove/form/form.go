// Package form says in which form a proof is to run, the short one of every go test or the
// full one, and how long its waits may last.
package form

import (
	"flag"
	"fmt"
	"os"
	"strconv"
	"time"
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

// Patience bounds a wait for what should come at once. It only ends what hangs: a machine may
// be busy for a while, and a test that passes never waits for it. It is at most a quarter of
// what go test's -timeout gives, so that the history of a test that hangs is still judged.
func Patience() time.Duration {
	most := 2 * time.Minute
	if timeout := flag.Lookup("test.timeout"); timeout != nil {
		if all := timeout.Value.(flag.Getter).Get().(time.Duration); all > 0 {
			return min(most, all/4)
		}
	}
	return most
}

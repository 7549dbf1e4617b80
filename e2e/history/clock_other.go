//go:build !unix

package history

import "time"

// Now is the machine's clock in nanoseconds. It is not monotonic here: do not set the
// clock while a history is written.
func Now() int64 { return time.Now().UnixNano() }

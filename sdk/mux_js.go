package sdk

import (
	"runtime"

	"github.com/sebas642/intercessor/protocol/link"
)

// ackAfter is negative: acknowledgements need no timer, because the timers of a hidden page
// may fire only once a minute (L12).
const ackAfter link.Time = -1

// flushes: each search for frames also acknowledges what was received.
const flushes = true

// yield lets other goroutines that the browser's event woke run first, so that one
// acknowledgement covers both what was received and what the application has taken.
func yield() { runtime.Gosched() }

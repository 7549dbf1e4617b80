package sdk

import (
	"runtime"

	"github.com/sebas642/intercessor/protocol/link"
)

// ackAfter has no timer say when acknowledgements leave: those of a hidden page may run
// once a minute (L12).
const ackAfter link.Time = -1

// flushes has every look for frames acknowledge what came.
const flushes = true

// yield lets the other goroutines run that an event of the browser has woken, so that one
// acknowledgement says what came and what the application has taken of it.
func yield() { runtime.Gosched() }

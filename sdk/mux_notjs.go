//go:build !js

package sdk

import "github.com/sebas642/intercessor/protocol/link"

// ackAfter is how long an acknowledgement may wait (L12); 0 is the link's own 20 ms.
const ackAfter link.Time = 0

const flushes = false

func yield() {}

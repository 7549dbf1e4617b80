//go:build !js

package sdk

import (
	"crypto/rand"
	"encoding/binary"
)

// random returns 64 random bits of the operating system.
func random() uint64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return binary.BigEndian.Uint64(b[:])
}

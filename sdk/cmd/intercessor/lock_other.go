//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd || windows)

package main

import (
	"errors"
	"os"
)

// lockFile refuses where the standard library has no lock that ends with the program. Each
// transfer then has a new part.
func lockFile(*os.File) error { return errors.ErrUnsupported }

//go:build !unix

package secret

import "io/fs"

func exposes(fs.FileMode, fs.FileInfo) bool { return false }

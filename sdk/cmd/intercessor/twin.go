package main

import (
	"crypto/sha256"
	"io"
	"os"
	"path/filepath"
	"time"
)

// twin looks for the offered file at its place, which has a name: one with its size and time. The sender compares
// the hash and sends nothing if it is the same file, so that a folder whose transfer broke goes
// on behind the files that came whole. nil is none, or one that takes too long to hash.
func twin(root *os.Root, o offer, name string, by time.Time) *start {
	if o.Modified == 0 || !plainFolder(root, o.Folder) {
		return nil
	}
	name = filepath.FromSlash(name)
	info, err := root.Lstat(name)
	if err != nil || !info.Mode().IsRegular() || info.Size() != o.Size || info.ModTime().UnixMilli() != o.Modified {
		return nil
	}
	file, err := root.Open(name)
	if err != nil {
		return nil
	}
	defer file.Close()
	sum := sha256.New()
	for had := int64(0); ; {
		n, err := io.CopyN(sum, file, 1<<20)
		switch had += n; {
		case err == io.EOF && had == o.Size:
			if had == 0 {
				return &start{}
			}
			return &start{From: had, SHA256: inHex(sum)}
		case err != nil, time.Now().After(by):
			return nil
		}
	}
}

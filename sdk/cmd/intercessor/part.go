package main

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"hash"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"
)

const (
	partPrefix = ".intercessor-"
	partSuffix = ".part"

	// partAge is how long a part is kept after its last byte came.
	partAge = 7 * 24 * time.Hour
)

// A part is a file in the inbox with what has come of an offered one. While it is open no
// other transfer has it, in this process or another. What a broken transfer leaves in it is
// kept for the same offer.
type part struct {
	root *os.Root
	name string
	file *os.File
	sum  hash.Hash // of what is in the file
	keep bool      // there is something in the file for a later transfer
}

// A storeError is the failure of a part.
type storeError struct{ error }

func (e storeError) Unwrap() error { return e.error }

// partName is the name of the part for an offer.
func (o offer) partName() string {
	o.Of = nil                 // another transfer has another set
	text, _ := json.Marshal(o) // strings and numbers
	key := sha256.Sum256(text)
	return partPrefix + hex.EncodeToString(key[:16]) + partSuffix
}

// openPart opens the part for an offer, or a new one while another transfer has it.
func openPart(root *os.Root, o offer) (*part, error) {
	removeOldParts(root)
	p := &part{root: root, name: o.partName(), sum: sha256.New(), keep: true}
	var err error
	if p.file, err = claim(root, p.name, os.O_CREATE); err != nil {
		p.name, p.keep = partPrefix+rand.Text()+partSuffix, false // no other transfer finds it
		p.file, err = root.OpenFile(p.name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	}
	return p, err
}

// claim opens a part and locks it.
func claim(root *os.Root, name string, flags int) (*os.File, error) {
	file, err := root.OpenFile(name, os.O_RDWR|flags, 0o666)
	if err != nil {
		return nil, err
	}
	err = lockFile(file)
	if err == nil {
		err = hasName(root, file, name)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// hasName returns an error if the file is no longer the one of that name, because the
// transfer that had the lock has finished it, or if the name is a link.
func hasName(root *os.Root, file *os.File, name string) error {
	of, err := file.Stat()
	if err != nil {
		return err
	}
	named, err := root.Lstat(name)
	if err == nil && !(os.SameFile(of, named) && named.Mode().IsRegular()) {
		err = fs.ErrNotExist
	}
	return err
}

// removeOldParts removes the parts that nothing has been written to for long.
func removeOldParts(root *os.Root) {
	entries, _ := fs.ReadDir(root.FS(), ".")
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), partPrefix) || !strings.HasSuffix(e.Name(), partSuffix) {
			continue
		}
		if info, err := e.Info(); err != nil || time.Since(info.ModTime()) < partAge {
			continue
		}
		if file, err := claim(root, e.Name(), 0); err == nil { // no transfer has it
			_ = root.Remove(e.Name())
			_ = file.Close()
		}
	}
}

// size returns how many bytes are in the part.
func (p *part) size() int64 {
	info, err := p.file.Stat()
	if err != nil {
		return 0
	}
	return info.Size()
}

// check hashes what is in the part, and cuts off what it does not reach in time. A part that
// is larger than the offered file is of no use.
func (p *part) check(size int64, by time.Time) (had start, err error) {
	if there := p.size(); there == 0 || there > size {
		return had, p.reset()
	}
	for err == nil && time.Now().Before(by) {
		var n int64
		n, err = io.CopyN(p.sum, p.file, 1<<20)
		had.From += n
	}
	if err != nil && err != io.EOF {
		return start{}, err
	}
	if had.From > 0 {
		had.SHA256 = inHex(p.sum)
	}
	return had, p.file.Truncate(had.From)
}

// reset empties the part.
func (p *part) reset() error {
	p.sum.Reset()
	_, err := p.file.Seek(0, io.SeekStart)
	return errors.Join(err, p.file.Truncate(0))
}

func (p *part) Write(b []byte) (int, error) {
	n, err := p.file.Write(b)
	_, _ = p.sum.Write(b[:n])
	if err != nil {
		err = storeError{err}
	}
	return n, err
}

func (p *part) digest() string { return inHex(p.sum) }

// drop says that what is in the part is of no use.
func (p *part) drop() { p.keep = false }

// finish gives the file its place and returns its name. Nothing of the part is left.
func (p *part) finish(o offer) (name string, err error) {
	if name, err = reserve(p.root, o.path()); err != nil {
		return "", err
	}
	if err = p.root.Rename(p.name, name); err == nil {
		err = p.file.Close() // which unlocks it: now no other transfer finds it
		p.file = nil
	}
	if err != nil {
		return "", errors.Join(err, p.root.Remove(name))
	}
	if o.Modified != 0 {
		modified := time.UnixMilli(o.Modified)
		_ = p.root.Chtimes(name, modified, modified) // not every file system has this time
	}
	return name, nil
}

// leave ends the transfer, unless finish has. It reports whether the part is gone.
func (p *part) leave() (gone bool) {
	if p.file == nil {
		return false
	}
	if !p.keep || p.size() == 0 {
		gone = p.root.Remove(p.name) == nil
	}
	_ = p.file.Close()
	return gone
}

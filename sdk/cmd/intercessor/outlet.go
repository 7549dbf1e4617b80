package main

import (
	"crypto/sha256"
	"errors"
	"hash"
	"io"
	"sync"
	"time"
)

// An outlet writes one file to standard output. What was written stays written, so it goes on
// only with the same file, within one run of the program.
type outlet struct {
	out io.Writer // static

	mu    sync.Mutex // held by store
	offer offer      // of what was written; the zero value before. Guarded by mu, as are the next two
	wrote int64
	sum   hash.Hash
}

var (
	errOneFile  = errors.New("standard output takes one file")
	errOtherOne = finalError{errors.New("the file on the other side is not the one of which a part was written to standard output")}
)

// store receives the offered file to standard output.
func (u *outlet) store(w *wire, o offer, l *allowance, shown *progress) (err error) {
	defer func() { w.end(err) }()
	defer shown.close()
	if o.Of != nil && o.Of.Files > 1 {
		w.refuseAll("the other side takes one file, to its standard output")
		return finalError{errOneFile}
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if o.Of = nil; u.sum == nil {
		u.offer, u.sum = o, sha256.New()
	} else if o.key = u.offer.key; u.offer != o {
		w.refuse("the other side has taken another file")
		return errOtherOne
	}
	if rest := l.rest(); o.Size-u.wrote > rest {
		w.refuse("it is larger than the other side takes")
		return overLimit{o.path(), rest}
	}
	r, err := take(w, o, u, nil, &meter{allowance: l}, shown)
	if err != nil {
		return err
	}
	return confirm(w, r)
}

func (u *outlet) Write(b []byte) (int, error) {
	n, err := u.out.Write(b)
	_, _ = u.sum.Write(b[:n])
	u.wrote += int64(n)
	if err != nil {
		err = storeError{finalError{err}}
	}
	return n, err
}

func (u *outlet) check(int64, time.Time) (start, error) {
	if u.wrote == 0 {
		return start{}, nil
	}
	return start{From: u.wrote, SHA256: inHex(u.sum)}, nil
}

func (u *outlet) reset() error {
	if u.wrote > 0 {
		return errOtherOne
	}
	return nil
}

func (u *outlet) drop()          {}
func (u *outlet) digest() string { return inHex(u.sum) }

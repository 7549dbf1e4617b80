package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"syscall"
	"time"
)

const (
	// hashWithin is how long a receiver hashes what it has before it says so: the sender has
	// to do the same within a stall.
	hashWithin = 25 * time.Second
	// sayWithin is how long after the offer a receiver says that it takes it.
	sayWithin = 55 * time.Second
)

// hearOffer receives the first line. The offer that it returns is clean.
func hearOffer(w *wire) (offer, error) {
	o := offer{Size: -1}
	err := w.hear(&o, stall)
	switch {
	case err == errStalled:
		w.refuse("nothing was offered for a minute")
	case err == errNoLine, err == nil && o.Size < 0:
		err = errors.New("the first line is not a file's name and size")
		w.refuse(err.Error())
	}
	o.key = o.Folder + "/" + o.Name
	if err != nil {
		o.Folder = ""
	} else if o.Folder, err = cleanFolder(o.Folder); err != nil {
		w.refuse(err.Error())
	}
	if o.Folder == "" {
		o.Name = cleanFileName(o.Name)
	} else {
		o.Name = cleanInner(o.Name)
	}
	return o, err
}

// A sink is where content goes: a part, or standard output.
type sink interface {
	io.Writer

	// check returns what is there of a file of this size, as far as it can tell in time.
	check(size int64, by time.Time) (start, error)

	// reset drops what is there, and drop says that it is of no use.
	reset() error
	drop()

	digest() string // the hash of what is there
}

// hashBy returns when a receiver stops to hash what it has.
func (w *wire) hashBy() time.Time {
	by := time.Now().Add(hashWithin)
	if latest := w.began.Add(sayWithin); latest.Before(by) {
		by = latest
	}
	return by
}

// errTwin says that the offered file is at its place already.
var errTwin = errors.New("it is there already")

// take receives the offered content into a sink. twin is the file at its place, if there is one
// that may be the same. The receipt is for the sender, when the file has its place.
func take(w *wire, o offer, p sink, twin *start, spent *meter, shown *progress) (receipt, error) {
	had, err := start{}, error(nil)
	if twin != nil {
		had = *twin
	} else if had, err = p.check(o.Size, w.hashBy()); err != nil {
		w.refuseStoring(err)
		return receipt{}, err
	}
	if err := w.say(had); err != nil {
		return receipt{}, err
	}
	at := start{From: -1}
	if err := w.await(&at); err != nil {
		return receipt{}, w.complain(err)
	}
	switch {
	case at.From != had.From && at.From != 0:
		return receipt{}, w.complain(errNoLine)
	case twin != nil && at.From == o.Size:
		return takeTwin(w, o, had)
	case twin != nil, at.From != had.From:
		if err := p.reset(); err != nil {
			w.refuseStoring(err)
			return receipt{}, err
		}
	}
	shown.start(o, at.From)
	came, err := io.CopyBuffer(io.MultiWriter(spent, p, shown), io.LimitReader(w.in, o.Size-at.From), make([]byte, block))
	switch {
	case errors.Is(err, errNoAllowance):
		w.refuse("it is more than the other side takes")
		return receipt{}, err
	case errors.As(err, new(storeError)):
		w.refuseStoring(err)
		return receipt{}, err
	case err != nil:
		return receipt{}, fmt.Errorf("only %d of %d bytes came: %w", at.From+came, o.Size, w.complain(err))
	}
	var whole digest
	if err := w.hear(&whole, stall); err == errNoLine {
		p.drop()
		w.refuse("it is not what was announced")
		return receipt{}, fmt.Errorf("it is not the offered %d bytes", o.Size)
	} else if err != nil {
		return receipt{}, w.complain(err)
	}
	if sum := p.digest(); whole.SHA256 != sum {
		p.drop()
		w.refuse("it did not arrive as it was sent")
		return receipt{}, errors.New("it did not arrive as it was sent")
	}
	return receipt{o.Size, whole.SHA256}, nil
}

// takeTwin ends a transfer whose file is there.
func takeTwin(w *wire, o offer, had start) (receipt, error) {
	var whole digest
	if err := w.hear(&whole, stall); err != nil {
		return receipt{}, w.complain(err)
	}
	if had.SHA256 == "" {
		had.SHA256 = inHex(sha256.New())
	}
	if whole.SHA256 != had.SHA256 {
		w.refuse("it did not arrive as it was sent")
		return receipt{}, errors.New("it did not arrive as it was sent")
	}
	return receipt{o.Size, whole.SHA256}, errTwin
}

// refuseStoring tells the sender why its file cannot be stored, as far as that is its matter.
func (w *wire) refuseStoring(err error) {
	if errors.Is(err, syscall.ENOSPC) {
		w.refuse("the disk of the other side is full")
		return
	}
	w.refuse("it cannot be stored")
}

// complain tells the sender why the transfer ends, if the sender can know it only so. It
// returns err.
func (w *wire) complain(err error) error {
	if err == errStalled || err == errNoLine {
		w.refuse(err.Error())
	}
	return err
}

package main

import (
	"errors"
	"fmt"
	"io"
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
	o.Name = cleanFileName(o.Name)
	return o, err
}

// take receives the offered content into a part. The receipt is for the sender, when the
// file has its place.
func take(w *wire, o offer, p *part, spent *meter, shown *progress) (receipt, error) {
	by := time.Now().Add(hashWithin)
	if latest := w.began.Add(sayWithin); latest.Before(by) {
		by = latest
	}
	had, err := p.check(o.Size, by)
	if err != nil {
		w.refuse("it cannot be stored")
		return receipt{}, err
	}
	if err := w.say(had); err != nil {
		return receipt{}, err
	}
	at := start{From: -1}
	if err := w.hear(&at, stall); err != nil {
		return receipt{}, w.complain(err)
	}
	if at.From != had.From {
		if at.From != 0 {
			return receipt{}, w.complain(errNoLine)
		}
		if err := p.reset(); err != nil {
			w.refuse("it cannot be stored")
			return receipt{}, err
		}
	}
	shown.start(o, at.From)
	came, err := io.CopyBuffer(io.MultiWriter(spent, p, shown), io.LimitReader(w.in, o.Size-at.From), make([]byte, block))
	switch {
	case errors.Is(err, errNoAllowance):
		w.refuse("it is more than the other side takes without asking")
		return receipt{}, err
	case errors.As(err, new(storeError)):
		w.refuse("it cannot be stored")
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
	if sum := inHex(p.sum); whole.SHA256 != sum {
		p.drop()
		w.refuse("it did not arrive as it was sent")
		return receipt{}, errors.New("it did not arrive as it was sent")
	}
	return receipt{o.Size, whole.SHA256}, nil
}

// complain tells the sender why the transfer ends, if the sender can know it only so. It
// returns err.
func (w *wire) complain(err error) error {
	if err == errStalled || err == errNoLine {
		w.refuse(err.Error())
	}
	return err
}

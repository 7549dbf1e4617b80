package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/dustin/go-humanize"
)

// An inbox is the folder for received files. It never overwrites a file, and a file gets its
// name only when it is complete.
type inbox struct {
	folder  string
	unasked *allowance // nil if the person asked for the file
}

// checkFolder returns an error if files cannot be stored in the folder. A missing folder is
// made for the first file, so its nearest parent is checked.
func checkFolder(folder string) error {
	existing := filepath.Clean(folder)
	for {
		if _, err := os.Stat(existing); !errors.Is(err, fs.ErrNotExist) || existing == filepath.Dir(existing) {
			break
		}
		existing = filepath.Dir(existing)
	}
	trial, err := os.CreateTemp(existing, partPrefix+"*"+partSuffix)
	if err == nil {
		err = errors.Join(trial.Close(), os.Remove(trial.Name()))
	}
	if err != nil {
		return fmt.Errorf("files cannot be stored in %s: %w", folder, err)
	}
	return nil
}

// store receives the offered file, which may be one of a set, and returns its path.
func (b inbox) store(w *wire, o offer, of *taking, shown *progress) (path string, err error) {
	defer func() { w.end(err) }()
	defer shown.close()
	root, p, err := b.open(o)
	if err != nil {
		w.refuseStoring(err)
		return "", diskFull(err)
	}
	defer root.Close()
	spent := &meter{allowance: b.unasked}
	defer func() {
		if p.leave() && path == "" {
			_ = b.unasked.spend(-spent.spent)
		}
	}()
	if err := makeFolder(root, o.Folder); err != nil {
		w.refuse("its folder cannot be made there")
		return "", fmt.Errorf("%s cannot be stored: %w", o.path(), diskFull(err))
	}
	name := of.placeOf(o)
	there := twin(root, o, name, w.hashBy())
	if rest := b.unasked.rest(); there == nil && o.Size-p.size() > rest {
		w.refuse("it is larger than " + humanize.Bytes(uint64(rest)))
		return "", overLimit{o.path(), rest}
	}
	received, err := take(w, o, p, there, spent, shown)
	switch {
	case err == errTwin:
		p.drop()
	case err != nil:
		return "", diskFull(err)
	default:
		name, err = of.place(o, func() (string, error) { return p.finish(o) })
		switch {
		case err == errTwice:
			p.drop()
			w.refuse(err.Error())
			return "", err
		case err != nil:
			w.refuseStoring(err)
			return "", diskFull(err)
		}
	}
	path = filepath.Join(b.folder, filepath.FromSlash(name))
	if err := confirm(w, received); err != nil {
		return path, fmt.Errorf("%s is complete, but the sender may not know: %w", path, err)
	}
	return path, nil
}

// An overLimit is a file that is larger than this side takes.
type overLimit struct {
	name string
	rest int64 // bytes
}

func (e overLimit) Error() string {
	return fmt.Sprintf("%s is larger than %s, the limit on this side", e.name, humanize.Bytes(uint64(e.rest)))
}

// diskFull says what to do about a full disk.
func diskFull(err error) error {
	if errors.Is(err, syscall.ENOSPC) {
		return fmt.Errorf("the disk is full; what came is kept for a week: free some space and receive it again (%w)", err)
	}
	return err
}

// open opens the folder, and in it the part for an offer.
func (b inbox) open(o offer) (*os.Root, *part, error) {
	if err := os.MkdirAll(b.folder, 0o777); err != nil {
		return nil, nil, err
	}
	root, err := os.OpenRoot(b.folder) // a name that a peer chose cannot lead out of it
	if err != nil {
		return nil, nil, err
	}
	p, err := openPart(root, o)
	if err != nil {
		return nil, nil, errors.Join(err, root.Close())
	}
	return root, p, nil
}

// confirm sends the receipt and waits until the sender has read it.
func confirm(w *wire, r receipt) error {
	if err := w.say(r); err != nil {
		return err
	}
	if !w.awaitRead() {
		return errNoFarewell
	}
	return nil
}

// reserve makes an empty file and returns its name. It adds a number to the name if the name
// is taken.
func reserve(root *os.Root, name string) (string, error) {
	extension := path.Ext(name)
	stem := strings.TrimSuffix(name, extension)
	for n := 2; ; n++ {
		file, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if err == nil {
			return name, file.Close()
		}
		if !errors.Is(err, fs.ErrExist) || n > 1000 {
			return "", err
		}
		name = fmt.Sprintf("%s (%d)%s", stem, n, extension)
	}
}

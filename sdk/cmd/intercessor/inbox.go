package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/dustin/go-humanize"
)

// An inbox is the folder for received files. It never overwrites a file, and a file gets its
// name only when it is complete.
type inbox struct {
	folder string
	limit  int64 // of one file, in bytes
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
	trial, err := os.CreateTemp(existing, ".intercessor-*.part")
	if err == nil {
		err = errors.Join(trial.Close(), os.Remove(trial.Name()))
	}
	if err != nil {
		return fmt.Errorf("files cannot be stored in %s: %w", folder, err)
	}
	return nil
}

// store receives the offered file and returns its path.
func (b inbox) store(ctx context.Context, ch channel, o offer, progress io.Writer) (string, error) {
	defer ch.Close()
	if o.Size > b.limit {
		refuse(ctx, ch, "it is larger than "+humanize.Bytes(uint64(b.limit)))
		return "", fmt.Errorf("%s is larger than %s, the limit on this side", o.Name, humanize.Bytes(uint64(b.limit)))
	}
	if err := os.MkdirAll(b.folder, 0o777); err != nil {
		return "", err
	}
	root, err := os.OpenRoot(b.folder) // a name that a peer chose cannot lead out of it
	if err != nil {
		return "", err
	}
	defer root.Close()

	part := ".intercessor-" + rand.Text() + ".part"
	file, err := root.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return "", err
	}
	defer root.Remove(part) // fails after the rename
	received, err := take(ctx, ch, o, io.MultiWriter(file, progress))
	if err := errors.Join(err, file.Close()); err != nil {
		return "", err
	}
	name, err := reserve(root, o.Name)
	if err != nil {
		return "", err
	}
	if err := root.Rename(part, name); err != nil {
		return "", errors.Join(err, root.Remove(name))
	}
	path := filepath.Join(b.folder, name)
	if err := confirm(ctx, ch, received); err != nil {
		return path, fmt.Errorf("%s is complete, but the sender may not know: %w", path, err)
	}
	return path, nil
}

// reserve makes an empty file and returns its name. It adds a number to the name if the name
// is taken.
func reserve(root *os.Root, name string) (string, error) {
	extension := filepath.Ext(name)
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

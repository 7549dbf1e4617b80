package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

const (
	// mostSent is how many files one run sends. An archive holds any number.
	mostSent = 100_000

	// stdinName is the name under which standard input is sent.
	stdinName = "stdin"
)

// A shipment is the files of a command line.
type shipment struct {
	items []item
	size  int64 // bytes in all
	left  int   // links and special files, which are left out
	spool string
}

// An item is a file of a shipment, as it was when the shipment was put together.
type item struct {
	path  string
	offer offer
}

// pack lists the files that the operands name: files, folders, and - for standard input.
func pack(ctx context.Context, operands []string, stdin io.Reader) (*shipment, error) {
	s := &shipment{}
	for _, operand := range operands {
		var err error
		switch info, stat := os.Stat(operand); {
		case operand == "-" && s.spool != "":
			err = usageError{problem: "standard input can be sent once"}
		case operand == "-":
			err = s.addStdin(ctx, stdin)
		case stat == nil && info.IsDir():
			err = s.addFolder(ctx, operand)
		default:
			err = s.addFile(operand)
		}
		if err != nil {
			s.discard()
			return nil, err
		}
	}
	if len(s.items) == 0 {
		return nil, fmt.Errorf("there are no files in %s", strings.Join(operands, ", "))
	}
	if len(s.items) > 1 || s.items[0].offer.Folder != "" {
		of := &set{rand.Text(), len(s.items), s.size}
		for i := range s.items {
			s.items[i].offer.Of = of
		}
	}
	return s, nil
}

// discard removes what standard input was kept in.
func (s *shipment) discard() {
	if s.spool != "" {
		_ = os.Remove(s.spool)
	}
}

func (s *shipment) addFile(name string) error {
	file, o, err := openFile(name)
	if err != nil {
		return err
	}
	return errors.Join(s.add(name, o), file.Close())
}

func (s *shipment) add(name string, o offer) error {
	if len(s.items) == mostSent {
		return fmt.Errorf("these are more than %d files; send them as an archive, as with tar c FOLDER | intercessor send -", mostSent)
	}
	const ofSet = 120 // bytes that the set adds to the line
	if text, _ := json.Marshal(o); len(text) > maxLine-ofSet {
		return fmt.Errorf("the name %s is too long to be sent", cleanText(o.path(), 100))
	}
	s.items = append(s.items, item{name, o})
	s.size += o.Size
	return nil
}

// addFolder adds the regular files of a folder. It follows no symbolic link.
func (s *shipment) addFolder(ctx context.Context, folder string) error {
	full, err := filepath.Abs(folder)
	if err != nil {
		return err
	}
	return filepath.WalkDir(folder, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			return err
		case entry.IsDir():
			return nil
		case !entry.Type().IsRegular():
			s.left++
			return nil
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		within, err := filepath.Rel(folder, filepath.Dir(name))
		if err != nil {
			return err
		}
		o := offerOf(entry.Name(), info)
		o.Folder = path.Join(cleanFileName(filepath.Base(full)), filepath.ToSlash(within))
		return s.add(name, o)
	})
}

// addStdin keeps standard input in a file, so that the other side can receive it again.
func (s *shipment) addStdin(ctx context.Context, stdin io.Reader) error {
	file, err := os.CreateTemp("", "intercessor-")
	if err != nil {
		return err
	}
	s.spool = file.Name()
	copied := make(chan error, 1)
	go func() { // reads standard input, which cannot be interrupted: it may outlive the command
		_, err := io.Copy(file, stdin)
		copied <- errors.Join(err, file.Close())
	}()
	select {
	case err = <-copied:
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("standard input cannot be kept in %s: %w", s.spool, err)
	}
	info, err := os.Stat(s.spool)
	if err != nil {
		return err
	}
	return s.add(s.spool, offerOf(stdinName, info))
}

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// openFile opens a file to be sent.
func openFile(path string) (*os.File, offer, error) {
	// Non-blocking, because opening a FIFO without a writer would block forever.
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, offer{}, fmt.Errorf("there is no file %s", path)
	}
	if err != nil {
		return nil, offer{}, err
	}
	info, err := file.Stat()
	switch {
	case err != nil:
	case info.IsDir():
		err = fmt.Errorf("%s is a folder; a chat sends files only, and intercessor send also sends folders", path)
	case !info.Mode().IsRegular():
		err = fmt.Errorf("%s is a pipe or a device, and not a file", path)
	case info.Size() == 0:
		if n, _ := file.ReadAt(make([]byte, 1), 0); n > 0 { // such as a file of /proc
			err = fmt.Errorf("%s does not say how large it is; send a copy of it", path)
		}
	}
	if err != nil {
		return nil, offer{}, errors.Join(err, file.Close())
	}
	return file, offerOf(cleanFileName(filepath.Base(path)), info), nil
}

// offerOf returns the offer of a file. Another one later says that the file has changed.
func offerOf(name string, info fs.FileInfo) offer {
	return offer{Name: name, Size: info.Size(), Modified: info.ModTime().UnixMilli()}
}

// openOperand opens the file of "/send FILE [NAME]" and returns NAME. Both may contain
// spaces: the longest prefix that names a file is the file. The file may be quoted, as
// terminals do when a file is dropped on them.
func openOperand(operands string) (file *os.File, o offer, name string, err error) {
	if operands == "" {
		return nil, offer{}, "", errors.New("which file? /send FILE [NAME]")
	}
	for end := len(operands); end > 0; end = strings.LastIndex(operands[:end], " ") {
		path := unquoted(strings.TrimSpace(operands[:end]))
		if _, err := os.Stat(path); err == nil {
			file, o, err = openFile(path)
			return file, o, strings.TrimSpace(operands[end:]), err
		}
	}
	return nil, offer{}, "", fmt.Errorf("there is no file %s", operands)
}

func unquoted(path string) string {
	for _, quote := range []string{`'`, `"`} {
		if inner, ok := strings.CutPrefix(path, quote); ok && strings.HasSuffix(inner, quote) {
			path = strings.TrimSuffix(inner, quote)
		}
	}
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		if home, err := os.UserHomeDir(); err == nil {
			return filepath.Join(home, rest)
		}
	}
	return path
}

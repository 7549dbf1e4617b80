//go:build !js

package signaling

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// File is a Store in a file, which only its owner may read. Close it when its session
// is closed.
type File struct {
	path string
	lock *os.File
}

// ErrFileInUse matches, by errors.Is, the error of OpenFile for a file that another
// program uses: two peers cannot have one ID.
var ErrFileInUse = errors.New("another program uses this identity")

// OpenFile opens the identity file at path. Save creates a missing file. While it is open,
// no other program can open it, where the operating system supports locks. The lock is a
// file beside it, whose name ends in .lock.
func OpenFile(path string) (*File, error) {
	lock, err := os.OpenFile(path+".lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, &IdentityError{Err: err}
	}
	if err := lockFile(lock); err != nil {
		return nil, &IdentityError{Err: errors.Join(inUse(path, err), lock.Close())}
	}
	return &File{path: path, lock: lock}, nil
}

// Load returns what the file holds.
func (f *File) Load() (string, error) {
	file, err := os.Open(f.path)
	if errors.Is(err, os.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxIdentity+1))
	if err == nil && len(text) > maxIdentity {
		err = errNotIdentity
	}
	return strings.TrimSpace(string(text)), err
}

// Save replaces what the file holds. A crash leaves the old text or the new one, whole.
func (f *File) Save(text string) error {
	folder := filepath.Dir(f.path)
	temp, err := os.CreateTemp(folder, filepath.Base(f.path)+".*.tmp") // with mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name()) // in vain after the rename
	_, err = temp.WriteString(text + "\n")
	if err == nil {
		err = temp.Sync()
	}
	if err := errors.Join(err, temp.Close()); err != nil {
		return err
	}
	if err := os.Rename(temp.Name(), f.path); err != nil {
		return err
	}
	syncFolder(folder)
	return nil
}

// Close lets others open the file.
func (f *File) Close() error { return f.lock.Close() }

// syncFolder makes a rename outlast a crash, where folders can be synced.
func syncFolder(path string) {
	if folder, err := os.Open(path); err == nil {
		_ = folder.Sync()
		_ = folder.Close()
	}
}

// fileInUse is ErrFileInUse with the file's name.
type fileInUse string

func inUse(path string, err error) error {
	if err == errLocked {
		return fileInUse(path)
	}
	return err
}

func (e fileInUse) Error() string {
	return "another program uses the identity file " + string(e) + ": stop it, or give this one a file of its own"
}

func (e fileInUse) Is(target error) bool { return target == ErrFileInUse }

var errLocked = errors.New("locked")

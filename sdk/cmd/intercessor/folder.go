package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
)

// deepest is how many folders may lie in one another.
const deepest = 64

var errOutside = errors.New("its folder leads out of the folder for received files")

// cleanFolder returns a safe folder from the one that the sender chose: names with slashes
// between them. The first name is as safe as that of a file. Below it a name may begin with a
// dot, because it hides nothing where the person looks.
func cleanFolder(folder string) (string, error) {
	if folder == "" {
		return "", nil
	}
	names := strings.Split(folder, "/")
	if len(names) > deepest {
		return "", fmt.Errorf("its folder is more than %d levels deep", deepest)
	}
	for i, name := range names {
		if name == "" || name == "." || name == ".." {
			return "", errOutside
		}
		if names[i] = cleanFileName(name); i > 0 {
			names[i] = cleanInner(name)
		}
	}
	return path.Join(names...), nil
}

// cleanInner is cleanFileName for a name within a received folder.
func cleanInner(name string) string {
	if rest, hidden := strings.CutPrefix(name, "."); hidden {
		return "." + cleanFileName(rest)
	}
	return cleanFileName(name)
}

// makeFolder makes a folder within root. It goes through no symbolic link.
func makeFolder(root *os.Root, folder string) error {
	if folder == "" {
		return nil
	}
	if parent := path.Dir(folder); parent != "." {
		if err := makeFolder(root, parent); err != nil {
			return err
		}
	}
	err := root.Mkdir(folder, 0o777)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	info, err := root.Lstat(folder)
	switch {
	case err != nil:
		return err
	case info.Mode()&fs.ModeSymlink != 0:
		return fmt.Errorf("%s is a symbolic link, and received files do not go through one", folder)
	case !info.IsDir():
		return fmt.Errorf("%s is there already and is not a folder", folder)
	}
	return nil
}

// plainFolder reports whether a folder is there and no part of it is a symbolic link.
func plainFolder(root *os.Root, folder string) bool {
	for ; folder != "" && folder != "."; folder = path.Dir(folder) {
		if info, err := root.Lstat(folder); err != nil || !info.IsDir() {
			return false
		}
	}
	return true
}

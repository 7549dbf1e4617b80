package main

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Apply writes the changed sources and their overlay file into folder, and returns the
// overlay's path. root is the workspace's root.
func Apply(root, folder string, s Seed) (string, error) {
	contents, err := s.change(root)
	if err != nil {
		return "", err
	}
	replace := map[string]string{}
	for file, text := range contents {
		changed := filepath.Join(folder, fmt.Sprintf("%d-%s", len(replace), filepath.Base(file)))
		if err := os.WriteFile(changed, text, 0o600); err != nil {
			return "", err
		}
		replace[filepath.Join(root, file)] = changed
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	path := filepath.Join(folder, "overlay.json")
	return path, os.WriteFile(path, overlay, 0o600)
}

// change returns the changed files, by their paths from root.
func (s Seed) change(root string) (map[string][]byte, error) {
	contents := map[string][]byte{}
	for _, e := range s.Edits {
		folder, function := e.where()
		fset, files, err := parsePackage(root, folder, contents)
		if err != nil {
			return nil, fmt.Errorf("the seeded bug %q cannot be put in: %w", s.Name, err)
		}
		at, err := find(fset, files, function, e.Old)
		if err != nil {
			return nil, fmt.Errorf("the seeded bug %q cannot be put into %s: %w", s.Name, folder, err)
		}
		text, changed := contents[at.file]
		if !changed {
			if text, err = os.ReadFile(filepath.Join(root, at.file)); err != nil {
				return nil, err
			}
		}
		contents[at.file] = slices.Concat(text[:at.from], []byte(e.New), text[at.to:])
	}
	return contents, nil
}

// where returns the folder and the function.
func (e Edit) where() (folder, function string) {
	path, name := filepath.Split(e.In)
	name, function, _ = strings.Cut(name, ".")
	return filepath.Join(path, name), function
}

// parsePackage parses the files of a folder that are built on this platform. changed replaces
// some of them.
func parsePackage(root, folder string, changed map[string][]byte) (*token.FileSet, []*ast.File, error) {
	p, err := build.ImportDir(filepath.Join(root, folder), 0)
	if err != nil {
		return nil, nil, err
	}
	fset := token.NewFileSet()
	var files []*ast.File
	for _, base := range p.GoFiles {
		file := filepath.Join(folder, base)
		text, ok := changed[file]
		if !ok {
			if text, err = os.ReadFile(filepath.Join(root, file)); err != nil {
				return nil, nil, err
			}
		}
		parsed, err := parser.ParseFile(fset, file, text, parser.SkipObjectResolution)
		if err != nil {
			return nil, nil, err
		}
		files = append(files, parsed)
	}
	return fset, files, nil
}

// findRoot returns the workspace's root: the nearest parent folder with a go.work.
func findRoot() (string, error) {
	folder, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(folder, "go.work")); err == nil {
			return folder, nil
		}
		up := filepath.Dir(folder)
		if up == folder {
			return "", fmt.Errorf("there is no go.work above the current folder: run this inside the workspace")
		}
		folder = up
	}
}

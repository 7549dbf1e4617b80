package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Apply writes the changed sources and the overlay file for them into folder, and
// gives the overlay's path. Root is the workspace's.
func Apply(root, folder string, s Seed) (string, error) {
	contents, err := s.change(func(file string) ([]byte, error) { return os.ReadFile(filepath.Join(root, file)) })
	if err != nil {
		return "", err
	}
	replace := map[string]string{}
	for file, text := range contents {
		changed := filepath.Join(folder, fmt.Sprintf("%d-%s", len(replace), filepath.Base(file)))
		if err := os.WriteFile(changed, []byte(text), 0o600); err != nil {
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

// change gives the texts of the changed files.
func (s Seed) change(read func(file string) ([]byte, error)) (map[string]string, error) {
	contents := map[string]string{}
	for _, e := range s.Edits {
		text, ok := contents[e.File]
		if !ok {
			data, err := read(e.File)
			if err != nil {
				return nil, fmt.Errorf("the seeded bug %q cannot be put in: %w", s.Name, err)
			}
			text = string(data)
		}
		switch n := strings.Count(text, e.Old); {
		case n == 0:
			return nil, fmt.Errorf("the seeded bug %q cannot be put in: its old text is no longer found in %s; the code has changed, so write the substitution anew. It was:\n%s", s.Name, e.File, e.Old)
		case n > 1:
			return nil, fmt.Errorf("the seeded bug %q cannot be put in: its old text is found %d times in %s; give more of it, so that it stands for one place:\n%s", s.Name, n, e.File, e.Old)
		}
		contents[e.File] = strings.Replace(text, e.Old, e.New, 1)
	}
	return contents, nil
}

// findRoot gives the workspace's root: the folder of go.work, upwards from here.
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

package config

import (
	"fmt"
	"strings"

	"github.com/agnivade/levenshtein"
)

// unknown returns the text of an error about an unknown name. It suggests the nearest
// known name, or names the reference.
func unknown(what, name, shown string, known []string) string {
	if near := nearest(name, known); near != "" {
		return fmt.Sprintf("unknown %s %q; did you mean %s%s?", what, shown+name, shown, near)
	}
	return fmt.Sprintf("unknown %s %q; `relayd help` and docs/configuration.md list all", what, shown+name)
}

// nearest returns the known name that was most likely meant, or "": the same key
// of another section, a name a few letters away, or a name that begins with this one.
func nearest(name string, known []string) string {
	leaf := func(name string) string { return name[strings.LastIndexByte(name, '.')+1:] }
	for _, candidate := range known {
		if leaf(candidate) == leaf(name) {
			return candidate
		}
	}
	if near := closest(name, known, func(name string) string { return name }); near != "" {
		return near
	}
	for _, candidate := range known {
		if strings.HasPrefix(candidate, name) {
			return candidate
		}
	}
	return closest(name, known, leaf)
}

// closest returns the known name with the least edit distance, or "" if that is more
// than a third of the letters.
func closest(name string, known []string, part func(string) string) (near string) {
	name = part(name)
	if len(name) > maxName {
		return ""
	}
	least := max(2, len(name)/3) + 1
	for _, candidate := range known {
		if distance := levenshtein.ComputeDistance(name, part(candidate)); distance < least {
			near, least = candidate, distance
		}
	}
	return near
}

const maxName = 100 // bytes: no key is so long, and the distance costs its square

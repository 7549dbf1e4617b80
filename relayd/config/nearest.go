package config

import (
	"fmt"
	"strings"

	"github.com/agnivade/levenshtein"
)

// unknown says that a name is not known, and which one may be meant; otherwise it
// says where all are.
func unknown(what, name, shown string, known []string) string {
	if near := nearest(name, known); near != "" {
		return fmt.Sprintf("unknown %s %q; did you mean %s%s?", what, shown+name, shown, near)
	}
	return fmt.Sprintf("unknown %s %q; `relayd help` and docs/configuration.md list all", what, shown+name)
}

// nearest gives the known name that somebody most likely meant, or "": the same key
// of another section, one a few letters away, or one that the name begins.
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

// closest gives the known name that the fewest changes lead to, or "" where they
// would be more than a third of the letters.
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

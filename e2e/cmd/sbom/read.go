package main

import (
	"bytes"
	"debug/buildinfo"
	"encoding/hex"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
)

// The go command puts the module information between these (cmd/go/internal/modload, build.go).
const (
	begin = "3077af0c9274080241e1c107e6d618e6"
	end   = "f932433186182072008242104116d8f2"
)

// read returns a program's build information. [buildinfo] does not read WebAssembly: there read
// searches for the same text, and assumes the Go version that runs sbom.
func read(path string) (*debug.BuildInfo, error) {
	if filepath.Ext(path) != ".wasm" {
		return buildinfo.ReadFile(path)
	}
	program, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	_, rest, found := bytes.Cut(program, unhex(begin))
	text, _, ended := bytes.Cut(rest, unhex(end))
	if !found || !ended {
		return nil, errors.New("has no build information")
	}
	info, err := debug.ParseBuildInfo(string(text))
	if err == nil {
		info.GoVersion = runtime.Version()
	}
	return info, err
}

func unhex(text string) []byte {
	b, err := hex.DecodeString(text)
	if err != nil {
		panic(err)
	}
	return b
}

func sortedKeys[V any](of map[string]V) []string { return slices.Sorted(maps.Keys(of)) }

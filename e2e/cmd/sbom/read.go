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

// The linker puts what it knows of modules between these (cmd/go/internal/modload, build.go).
const (
	begin = "3077af0c9274080241e1c107e6d618e6"
	end   = "f932433186182072008242104116d8f2"
)

// read gives what a program says of its build. [buildinfo] knows no WebAssembly: there
// the same text is looked for, and Go is the one that is at work.
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
		return nil, errors.New("says nothing of its build")
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

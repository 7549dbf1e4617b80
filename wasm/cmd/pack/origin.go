package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// origin is the name of the file that says what the others are made of.
const origin = "origin.txt"

// flags compile without inlining (-l), which saves a sixteenth of the brotli size. A page does
// not notice the lower speed.
var flags = []string{"-trimpath", "-gcflags=all=-l"}

// originOf is the same as long as pack would make the same SDK: the build IDs of the WebAssembly and of this command, and
// a hash of the JavaScript.
func originOf(ctx context.Context) ([]byte, error) {
	list := func(env []string, pkg string) (string, error) {
		return run(ctx, env, "go", append(append([]string{"list", "-export", "-f", "{{.BuildID}}"}, flags...), pkg)...)
	}
	wasm, err := list([]string{"GOOS=js", "GOARCH=wasm"}, "./wasm")
	if err != nil {
		return nil, err
	}
	pack, err := list(nil, "./wasm/cmd/pack")
	if err != nil {
		return nil, err
	}
	js, err := sumFiles(filepath.Join("wasm", "js", "*"))
	return fmt.Appendf(nil, "%s%s%s\n", wasm, pack, js), err
}

// check reports whether a folder has what pack would write to it.
func check(ctx context.Context, folder string) error {
	want, err := originOf(ctx)
	if err != nil {
		return err
	}
	if got, err := os.ReadFile(filepath.Join(folder, origin)); err != nil || string(got) != string(want) {
		return fmt.Errorf("%s is not made of the present sources: run go run ./wasm/cmd/pack", folder)
	}
	return nil
}

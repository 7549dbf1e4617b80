package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const (
	program = "intercessor.wasm"
	symbols = "intercessor.names"
)

// collect builds the WebAssembly, its module and that of the page, and reads the files that go with them. wasm_exec.js
// comes from the Go installation, because it must match the Go release.
func collect(ctx context.Context) ([]*file, error) {
	wasm, names, err := build(ctx)
	if err != nil {
		return nil, err
	}
	of, err := originOf(ctx)
	if err != nil {
		return nil, err
	}
	files := []*file{{name: program, plain: wasm}, {name: symbols, plain: names}, {name: origin, plain: of}}

	goroot, err := run(ctx, nil, "go", "env", "GOROOT")
	if err != nil {
		return nil, err
	}
	ours := filepath.Join("wasm", "js")
	theirs := filepath.Join(strings.TrimSpace(goroot), "lib", "wasm", "wasm_exec.js")
	module, err := bundle(filepath.Join(ours, "intercessor.js"), theirs)
	if err != nil {
		return nil, err
	}
	page, err := bundlePage(filepath.Join("web", "page"))
	if err != nil {
		return nil, err
	}
	files = append(append(files, &file{name: "intercessor.js", plain: module}), page...)
	others, err := filepath.Glob(filepath.Join(ours, "*.d.ts"))
	if err != nil {
		return nil, err
	}
	for _, path := range append(others, filepath.Join(ours, "fetch.js"), theirs) {
		content, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		files = append(files, &file{name: filepath.Base(path), plain: content})
	}
	return files, nil
}

// build compiles the program, and takes out what no page needs.
func build(ctx context.Context) (module, names []byte, err error) {
	folder, err := os.MkdirTemp("", "intercessor-pack-")
	if err != nil {
		return nil, nil, err
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, program)
	if _, err := run(ctx, []string{"GOOS=js", "GOARCH=wasm"},
		"go", append(append([]string{"build", "-buildvcs=false", "-ldflags=-w", "-o", path}, flags...), "./wasm")...); err != nil {
		return nil, nil, err
	}
	linked, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, err
	}
	linked, names, err = splitNames(linked)
	if err != nil {
		return nil, nil, err
	}
	module, err = rewriteData(linked, dropLines)
	return module, names, err
}

func run(ctx context.Context, env []string, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(cmd.Environ(), env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w\n%s", cmd, err, stderr.Bytes())
	}
	return string(out), nil
}

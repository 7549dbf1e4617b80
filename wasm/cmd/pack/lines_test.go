package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestAProgramWithoutLines: a program whose lines were dropped grows its stacks, collects
// garbage, recovers from a panic, and names the functions of its stack.
func TestAProgramWithoutLines(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "main.wasm")
	source := filepath.Join(folder, "main.go")
	if err := os.WriteFile(source, []byte(`package main

import (
	"os"
	"runtime"
	"runtime/debug"
)

type tree struct{ left, right *tree }

func grow(depth int) *tree {
	if depth == 0 {
		return &tree{}
	}
	return &tree{grow(depth - 1), grow(depth - 1)}
}

func deep(n int) int {
	var local [64]int
	if n > 0 {
		local[n%64] = deep(n - 1)
	}
	return local[n%64] + 1
}

func fail(m map[string]int) { m["a"] = 1 }

func main() {
	done := make(chan int)
	for range 20 {
		go func() {
			t := grow(12)
			n := deep(5000)
			runtime.GC()
			runtime.KeepAlive(t)
			done <- n
		}()
	}
	sum := 0
	for range 20 {
		sum += <-done
	}
	defer func() {
		println(sum, recover().(error).Error())
		os.Stderr.Write(debug.Stack())
	}()
	fail(nil)
}
`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := run(t.Context(), []string{"GOOS=js", "GOARCH=wasm"}, "go", "build", "-ldflags=-s -w", "-o", path, source); err != nil {
		t.Fatal(err)
	}
	module, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	short, err := rewriteData(module, dropLines)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, short, 0o600); err != nil {
		t.Fatal(err)
	}
	root, err := run(t.Context(), nil, "go", "env", "GOROOT")
	if err != nil {
		t.Fatal(err)
	}
	node := exec.CommandContext(t.Context(), "node", filepath.Join(strings.TrimSpace(root), "lib", "wasm", "wasm_exec_node.js"), path)
	out, err := node.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{"100020 assignment to entry in nil map", "main.main()\n\t?:0 ", "main.fail("} {
		if !strings.Contains(string(out), want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
}

func TestDropLinesRefusesAnUnknownTable(t *testing.T) {
	header := []byte{0xf1, 0xff, 0xff, 0xff, 0, 0, 1, 8}
	for name, memory := range map[string][]byte{
		"no table":    make([]byte, 1000),
		"cut off":     header,
		"nonsense":    append(header[:8:8], strings.Repeat("\xee", 1000)...),
		"no function": append(header[:8:8], make([]byte, 1000)...),
	} {
		if err := dropLines(memory); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

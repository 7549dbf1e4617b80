package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
)

// forbidden lists packages that the build must not link. Each would cost tens or hundreds of
// kilobytes as brotli, more than the budget allows.
var forbidden = []string{"fmt", "reflect", "os", "net", "net/url", "net/http", "crypto/rand", "log/slog", "encoding/json"}

func TestTheBuildLinksNothingHeavy(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	out, err := run(ctx, []string{"GOOS=js", "GOARCH=wasm"}, "go", "list", "-deps", "../..")
	if err != nil {
		t.Fatal(err)
	}
	packages := strings.Fields(out)
	if !slices.Contains(packages, "syscall/js") {
		t.Fatalf("go list gave no build for js: %v", packages)
	}
	for _, name := range forbidden {
		if slices.Contains(packages, name) {
			t.Errorf("%s is linked in", name)
		}
	}
}

func TestCompressedFormsHoldTheFile(t *testing.T) {
	f := &file{name: "a.js", plain: bytes.Repeat([]byte("export const a = 1;\n"), 100)}
	tiny := &file{name: "tiny.js", plain: []byte("1")}
	if err := compress([]*file{f, tiny}); err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	for _, name := range []string{"tiny.js.br", "old.js", "README.txt"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte("of before"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := empty(folder); err != nil {
		t.Fatal(err)
	}
	for _, one := range []*file{f, tiny} {
		if err := one.write(folder); err != nil {
			t.Fatal(err)
		}
	}

	br, gz := open(t, folder, "a.js.br"), open(t, folder, "a.js.gz")
	unzipped, err := gzip.NewReader(gz)
	if err != nil {
		t.Fatal(err)
	}
	for name, r := range map[string]io.Reader{"plain": open(t, folder, "a.js"), "brotli": brotli.NewReader(br), "gzip": unzipped} {
		if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, f.plain) {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if want := []string{"README.txt", "a.js", "a.js.br", "a.js.gz", "tiny.js"}; !slices.Equal(names, want) {
		t.Errorf("the folder has %v, not %v", names, want)
	}
}

func open(t *testing.T, folder, name string) io.Reader {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(folder, name))
	if err != nil {
		t.Fatal(err)
	}
	return bytes.NewReader(b)
}

func TestBundleIsOneModule(t *testing.T) {
	goroot, err := run(t.Context(), nil, "go", "env", "GOROOT")
	if err != nil {
		t.Fatal(err)
	}
	module, err := bundle(filepath.Join("..", "..", "js", "intercessor.js"), filepath.Join(strings.TrimSpace(goroot), "lib", "wasm", "wasm_exec.js"))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(module, []byte("import(")) || bytes.Contains(module, []byte(`from"`)) {
		t.Error("the bundle imports a file")
	}
	if !bytes.Contains(module, []byte(`new URL("./intercessor.wasm",import.meta.url)`)) {
		t.Error("the bundle does not load the WebAssembly that is beside it")
	}
}

func TestBundleOfThePage(t *testing.T) {
	files, err := bundlePage(filepath.Join("..", "..", "..", "web", "page"))
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for _, f := range files {
		texts[f.name] = string(f.plain)
	}
	page := texts["page.js"]
	if imports := regexp.MustCompile(`\bimport\b[^;]{0,40}`).FindAllString(page, -1); len(imports) != 1 || !strings.HasPrefix(imports[0], `import("./sdk/intercessor.js")`) {
		t.Errorf("the bundle imports more than the SDK: %q", imports)
	}
	if !strings.HasSuffix(page, "\n//# sourceMappingURL=page.js.map\n") {
		t.Errorf("the bundle ends with %q", page[len(page)-50:])
	}
	if m := texts["page.js.map"]; !strings.Contains(m, `"main.js"`) || strings.Contains(m, "../") || strings.Contains(m, "sourcesContent") {
		t.Errorf("the source map does not lead to the modules beside it: %.300s", m)
	}
}

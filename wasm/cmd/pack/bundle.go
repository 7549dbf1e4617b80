package main

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/evanw/esbuild/pkg/api"
)

// bundle joins a module and all that it imports into one file without white space, so that a
// page requests one file and not a dozen. goJS is the path of wasm_exec.js, which is in no folder of ours.
func bundle(module, goJS string) ([]byte, error) {
	theirs := api.Plugin{Name: "wasm_exec.js", Setup: func(b api.PluginBuild) {
		b.OnResolve(api.OnResolveOptions{Filter: `/wasm_exec\.js$`}, func(api.OnResolveArgs) (api.OnResolveResult, error) {
			return api.OnResolveResult{Path: goJS}, nil
		})
	}}
	made, err := esbuild(api.BuildOptions{
		EntryPoints: []string{module}, Plugins: []api.Plugin{theirs},
		Banner: map[string]string{"js": "// Intercessor, MPL-2.0, with wasm_exec.js of Go, copyright 2018 The Go Authors, BSD-3-Clause"},
	})
	if err != nil {
		return nil, err
	}
	return made[0].Contents, nil
}

// bundlePage joins the modules of the page, which page.js imports, into one file, and makes its source map. It begins with
// a line that says which modules it is of: relayd serves it only if it has the same (web/bundle.go).
func bundlePage(folder string) ([]*file, error) {
	sum, err := sumFiles(filepath.Join(folder, "*.js"))
	if err != nil {
		return nil, err
	}
	made, err := esbuild(api.BuildOptions{
		EntryPoints: []string{filepath.Join(folder, "page.js")}, External: []string{"./sdk/*"},
		Outfile: filepath.Join(folder, "page.js"), AllowOverwrite: true, // its sources are beside it when it is served
		Sourcemap: api.SourceMapLinked, SourcesContent: api.SourcesContentExclude,
		Banner: map[string]string{"js": "// " + sum},
	})
	if err != nil {
		return nil, err
	}
	var files []*file
	for _, one := range made {
		files = append(files, &file{name: filepath.Base(one.Path), plain: one.Contents})
	}
	return files, nil
}

// sumFiles is a hash of files and their names, as web computes it of their ETags (assets.sum).
func sumFiles(pattern string) (string, error) {
	short := func(content []byte) string {
		sum := sha256.Sum256(content)
		return base64.RawURLEncoding.EncodeToString(sum[:15])
	}
	paths, err := filepath.Glob(pattern)
	if err != nil {
		return "", err
	}
	var all []byte
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			return "", err
		}
		all = fmt.Appendf(all, "%s%q", filepath.Base(path), short(content))
	}
	return short(all), nil
}

// esbuild bundles with what all bundles have in common.
func esbuild(options api.BuildOptions) ([]api.OutputFile, error) {
	options.Bundle, options.Format, options.Target = true, api.FormatESModule, api.ES2022
	options.MinifyWhitespace, options.MinifyIdentifiers, options.MinifySyntax = true, true, true
	result := api.Build(options)
	if len(result.Errors) > 0 {
		return nil, errors.New(options.EntryPoints[0] + ": " + result.Errors[0].Text)
	}
	return result.OutputFiles, nil
}

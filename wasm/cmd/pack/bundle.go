package main

import (
	"errors"

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
	result := api.Build(api.BuildOptions{
		EntryPoints: []string{module}, Bundle: true, Format: api.FormatESModule, Target: api.ES2022, Plugins: []api.Plugin{theirs},
		MinifyWhitespace: true, MinifyIdentifiers: true, MinifySyntax: true,
		Banner: map[string]string{"js": "// Intercessor, MPL-2.0, with wasm_exec.js of Go, copyright 2018 The Go Authors, BSD-3-Clause"},
	})
	if len(result.Errors) > 0 {
		return nil, errors.New(module + ": " + result.Errors[0].Text)
	}
	return result.OutputFiles[0].Contents, nil
}

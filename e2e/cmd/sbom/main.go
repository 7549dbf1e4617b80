// Command sbom prints the bill of materials of a release as CycloneDX JSON: each program with
// the modules that its build information names, and Go itself, each once. It has neither time
// nor serial number, so that the same release gives the same bytes.
//
// cyclonedx-gomod cannot be used: it does not read WebAssembly, makes one bill per program, and
// does not know the version of the workspace's own modules.
//
//	sbom v1.2.3 FILE...
package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"

	cdx "github.com/CycloneDX/cyclonedx-go"
)

func main() {
	if err := write(os.Stdout, os.Args[1], os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, "sbom:", err)
		os.Exit(1)
	}
}

func write(to io.Writer, version string, paths []string) error {
	programs := make(map[string]map[string]cdx.Component) // a program's modules by their references
	for _, path := range paths {
		info, err := read(path)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		program := strings.TrimSuffix(filepath.Base(path), ".exe")
		if programs[program] == nil {
			programs[program] = make(map[string]cdx.Component)
		}
		for _, m := range modules(info, version) {
			programs[program][m.BOMRef] = m
		}
	}
	encoder := cdx.NewBOMEncoder(to, cdx.BOMFileFormatJSON)
	return encoder.SetPretty(true).Encode(bill(version, programs))
}

// modules returns the modules of a program. Those of the workspace have the release's version.
func modules(info *debug.BuildInfo, version string) []cdx.Component {
	all := []cdx.Component{library("std", strings.TrimPrefix(info.GoVersion, "go"))}
	for _, m := range append([]*debug.Module{&info.Main}, info.Deps...) {
		if m.Version == "(devel)" || strings.HasPrefix(m.Path, ours) {
			all = append(all, library(m.Path, version))
			continue
		}
		all = append(all, library(m.Path, m.Version))
	}
	return all
}

// release is the reference of all programs together. It must differ from the programs' names,
// one of which is the project's.
const release = "release"

const ours = "github.com/sebas642/intercessor/"

func library(path, version string) cdx.Component {
	purl := "pkg:golang/" + path + "@" + version
	return cdx.Component{BOMRef: purl, Type: cdx.ComponentTypeLibrary, Name: path, Version: version, PackageURL: purl}
}

func bill(version string, programs map[string]map[string]cdx.Component) *cdx.BOM {
	b := cdx.NewBOM()
	b.SerialNumber = ""
	b.Metadata = &cdx.Metadata{Component: &cdx.Component{
		BOMRef: release, Type: cdx.ComponentTypeApplication, Name: "intercessor", Version: version,
		Licenses: &cdx.Licenses{{License: &cdx.License{ID: "MPL-2.0"}}},
	}}
	all := make(map[string]cdx.Component)
	uses := []cdx.Dependency{}
	for name, modules := range programs {
		all[name] = cdx.Component{BOMRef: name, Type: cdx.ComponentTypeApplication, Name: name, Version: version}
		uses = append(uses, cdx.Dependency{Ref: name, Dependencies: new(sortedKeys(modules))})
		for ref, m := range modules {
			all[ref] = m
		}
	}
	uses = append(uses, cdx.Dependency{Ref: release, Dependencies: new(sortedKeys(programs))})
	slices.SortFunc(uses, func(a, b cdx.Dependency) int { return cmp.Compare(a.Ref, b.Ref) })
	components := []cdx.Component{}
	for _, ref := range sortedKeys(all) {
		components = append(components, all[ref])
	}
	b.Components, b.Dependencies = &components, &uses
	return b
}

package web

import (
	"bytes"
	"maps"
	"path"
	"slices"
)

// useBundle puts the bundle of the page's modules, which wasm/cmd/pack makes, in the place of page.js. That one imports
// the modules one by one, which takes a browser several round trips. A bundle of other modules than the embedded ones is
// not used, so a page that was edited is served as it is now. It returns the names of the files that the page needs.
func useBundle(page, build assets) (needed []string) {
	const name, sources = "page.js", "page.js.map"
	bundle, sourceMap := build[name], build[sources]
	delete(build, name)
	delete(build, sources)

	var modules []string
	for _, file := range slices.Sorted(maps.Keys(page)) {
		if path.Ext(file) == ".js" {
			modules = append(modules, file)
		} else {
			needed = append(needed, file)
		}
	}
	if bundle == nil || sourceMap == nil || !bundle.begins("// "+page.sum(modules)+"\n") {
		return append(needed, modules...)
	}
	page[name], page[sources] = bundle, sourceMap
	return append(needed, name)
}

func (a *asset) begins(text string) bool {
	first := make([]byte, len(text))
	_, err := a.forms["identity"].content.ReadAt(first, 0)
	return err == nil && bytes.Equal(first, []byte(text))
}

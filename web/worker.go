package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"maps"
	"slices"
)

// fillWorker puts the names of the page's files, and a hash of all that is in them, before
// page/worker.js. So the worker changes with any of them, which is how browsers learn of it.
func fillWorker(page assets) {
	worker := page["worker.js"]
	if worker == nil {
		return
	}
	names := slices.Sorted(maps.Keys(page))
	sum := sha256.New()
	for _, name := range names {
		_, _ = io.WriteString(sum, name+page[name].forms["identity"].etag) // a hash reports no error
	}
	version := base64.RawURLEncoding.EncodeToString(sum.Sum(nil)[:15])
	list, err := json.Marshal(names)
	if err != nil {
		panic(err) // cannot happen: they are strings
	}
	plain := worker.forms["identity"]
	text, err := io.ReadAll(io.NewSectionReader(plain.content, 0, plain.size))
	if err != nil {
		panic(err) // cannot happen: the file is embedded
	}
	filled := slices.Concat([]byte(`const VERSION = "`+version+`", FILES = `), list, []byte(";\n"), text)
	worker.forms = map[string]form{"identity": {`"` + version + `"`, bytes.NewReader(filled), int64(len(filled))}}
}

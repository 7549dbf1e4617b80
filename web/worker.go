package web

import (
	"bytes"
	"encoding/json"
	"io"
	"slices"
)

// fillWorker puts the names of the page's files that a browser keeps, and a hash of all that is in them, before
// page/worker.js. So the worker changes with any of them, which is how browsers learn of it.
func fillWorker(page assets, names []string) {
	worker := page["worker.js"]
	if worker == nil {
		return
	}
	version := page.sum(names)
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

package schema

import (
	"cmp"
	"embed"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/textfile"
)

//go:embed builtin/*.json
var builtin embed.FS

// A file is the schema of a type.
type file struct {
	typ, path string
	text      []byte
}

// wrong begins each line of a mistake with the file.
func (f file) wrong(err error) error {
	if err == nil {
		return nil
	}
	return errors.New(f.path + ": " + strings.ReplaceAll(err.Error(), "\n", "\n"+f.path+": "))
}

var errAll = fmt.Errorf("with it there are more than %d subschemas in all files", maxAll)

const maxFiles = 256

// read gives the files of all types, sorted by type.
func read(options Options) ([]file, error) {
	var files []file
	if options.Folder != "" {
		var err error
		if files, err = readFolder(options.Folder); err != nil {
			return nil, err
		}
	}
	if options.Builtin {
		files = addBuiltin(files)
	}
	slices.SortFunc(files, func(a, b file) int { return cmp.Compare(a.typ, b.typ) })
	return files, nil
}

func readFolder(folder string) ([]file, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, fmt.Errorf("cannot read the folder of schemas: %w", err)
	}
	if len(entries) > maxFiles {
		return nil, fmt.Errorf("the folder of schemas %s has more than %d files", folder, maxFiles)
	}
	var files []file
	var mistakes []error
	for _, entry := range entries {
		name := entry.Name()
		if strings.HasPrefix(name, ".") { // what editors and Kubernetes leave
			continue
		}
		f := file{path: filepath.Join(folder, name)}
		typ, isJSON := strings.CutSuffix(name, ".json")
		f.typ = typ
		if !isJSON {
			err = errors.New("a schema is named after its type, as OFFER.json: anything else here would be relied on and not used")
		} else if err = protocol.CheckType(typ); err == nil {
			f.text, err = readFile(f.path)
		}
		mistakes = append(mistakes, f.wrong(err))
		files = append(files, f)
	}
	return files, errors.Join(mistakes...)
}

func readFile(path string) ([]byte, error) {
	info, err := os.Stat(path) // to open a pipe would wait for its writer
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is no regular file")
	}
	opened, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = opened.Close() }()
	text, err := io.ReadAll(io.LimitReader(opened, maxFile+1))
	return text, cmp.Or(err, textfile.Check("it", text))
}

// addBuiltin adds the schemas of the SDKs' types for which the operator has none.
func addBuiltin(files []file) []file {
	entries, _ := builtin.ReadDir("builtin") // they are in the program
	for _, entry := range entries {
		typ := strings.TrimSuffix(entry.Name(), ".json")
		if slices.ContainsFunc(files, func(f file) bool { return f.typ == typ }) {
			continue
		}
		text, _ := builtin.ReadFile("builtin/" + entry.Name())
		files = append(files, file{typ, "builtin " + entry.Name(), text})
	}
	return files
}

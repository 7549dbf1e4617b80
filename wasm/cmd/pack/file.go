package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/tabwriter"
)

// A file is a file that a page loads, in its three forms.
type file struct {
	name                string
	plain, gzip, brotli []byte
}

// empty removes what earlier runs wrote to a folder, because it would be served.
func empty(folder string) error {
	entries, err := os.ReadDir(folder)
	for _, e := range entries {
		if e.Name() != "README.txt" { // which is in the repository
			err = errors.Join(err, os.Remove(filepath.Join(folder, e.Name())))
		}
	}
	return err
}

// write writes the file to a folder, with each compressed form that is smaller.
func (f *file) write(folder string) error {
	path := filepath.Join(folder, f.name)
	if err := os.WriteFile(path, f.plain, 0o644); err != nil {
		return err
	}
	for suffix, form := range map[string][]byte{".gz": f.gzip, ".br": f.brotli} {
		if len(form) < len(f.plain) {
			if err := os.WriteFile(path+suffix, form, 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}

func printTable(w io.Writer, files []*file) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "bytes\tgzip\tbrotli\t  file")
	for _, f := range files {
		fmt.Fprintf(table, "%d\t%d\t%d\t  %s\n", len(f.plain), len(f.gzip), len(f.brotli), f.name)
	}
	_ = table.Flush() // to the terminal, so an error cannot be reported
}

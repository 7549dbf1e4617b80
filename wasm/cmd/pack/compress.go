package main

import (
	"bytes"
	"compress/gzip"
	"io"
	"sync"

	"github.com/andybalholm/brotli"
)

// compress makes the compressed forms of all files concurrently, because brotli at its best
// level takes seconds for a megabyte.
func compress(files []*file) error {
	errs := make([]error, 2*len(files))
	var all sync.WaitGroup
	for i, f := range files {
		all.Go(func() { f.brotli, errs[2*i] = toBrotli(f.plain) })
		all.Go(func() { f.gzip, errs[2*i+1] = toGzip(f.plain) })
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func toBrotli(plain []byte) ([]byte, error) {
	var out bytes.Buffer
	// A window of 8 MiB spans the whole program.
	return finish(&out, brotli.NewWriterOptions(&out, brotli.WriterOptions{Quality: brotli.BestCompression, LGWin: 23}), plain)
}

func toGzip(plain []byte) ([]byte, error) {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	return finish(&out, w, plain)
}

func finish(out *bytes.Buffer, w io.WriteCloser, plain []byte) ([]byte, error) {
	if _, err := w.Write(plain); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

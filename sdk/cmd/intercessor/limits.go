package main

import (
	"errors"
	"flag"
	"strconv"

	"github.com/dustin/go-humanize"
)

// limits are what a receiver takes. 0 is no limit.
type limits struct {
	file, total int64 // bytes
	files       int   // of one set
}

func (l *limits) flags(flags *flag.FlagSet) {
	l.files = mostFiles
	flags.Func("max-file", "take no file that is larger than `SIZE`, as 100MB", func(text string) error { return parseSize(text, &l.file) })
	flags.Func("max-total", "take no more than `SIZE` in all", func(text string) error { return parseSize(text, &l.total) })
	flags.Func("max-files", "take no set of more than `N` files (10000)", func(text string) (err error) {
		if l.files, err = strconv.Atoi(text); err != nil || l.files < 1 {
			err = errors.New("it is a number of files")
		}
		return err
	})
}

func parseSize(text string, size *int64) error {
	n, err := humanize.ParseBytes(text)
	if err != nil || n == 0 || n > 1<<62 {
		return errors.New("it is a size, as 100MB or 2GiB")
	}
	*size = int64(n)
	return nil
}

// allowance returns what may be stored in all; nil is no limit.
func (l limits) allowance() *allowance {
	if l.total == 0 {
		return nil
	}
	return &allowance{left: l.total}
}

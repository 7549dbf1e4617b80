// Command pack builds the SDK for browsers and writes everything that a page needs
// to web/sdk, each file with its compressed forms; and the modules of web/page as one file. Run it from the root of
// the workspace:
//
//	go run ./wasm/cmd/pack
//
// It prints each file's size, and fails if the WebAssembly exceeds
// its budget.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"time"
)

// budget is the maximum size of the WebAssembly as brotli, in bytes.
const budget = 650_000

func main() {
	out := flag.String("o", filepath.Join("web", "sdk"), "folder that the files go into")
	only := flag.Bool("check", false, "write nothing, and fail if the folder's SDK is not made of the present sources")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	act := pack
	if *only {
		act = check
	}
	if err := act(ctx, *out); err != nil {
		fmt.Fprintln(os.Stderr, "pack:", err)
		os.Exit(1)
	}
}

func pack(ctx context.Context, out string) error {
	files, err := collect(ctx)
	if err != nil {
		return err
	}
	if err := compress(files); err != nil {
		return err
	}
	if err := empty(out); err != nil {
		return err
	}
	for _, f := range files {
		if err := f.write(out); err != nil {
			return err
		}
	}
	printTable(os.Stdout, files)
	for _, f := range files {
		if f.name == program && len(f.brotli) > budget {
			return fmt.Errorf("%s has %d bytes as brotli, and may have at most %d: check what a new import costs", program, len(f.brotli), budget)
		}
	}
	return nil
}

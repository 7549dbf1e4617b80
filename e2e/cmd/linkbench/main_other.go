//go:build !linux

package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "linkbench: this needs Linux (CPU clocks of processes, /proc); run it there")
	os.Exit(1)
}

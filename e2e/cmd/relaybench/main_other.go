//go:build !linux

package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "relaybench: this needs Linux (epoll, CPU clocks of processes, /proc); run it there")
	os.Exit(1)
}

// Package command is the command line of a benchmark: modes with flags of their own, help
// for each, and what the exit status says. It needs Linux, as package progress does.
package command

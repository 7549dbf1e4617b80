// Package progress tells who waits at a terminal how far a benchmark is. It needs Linux.
package progress

//go:build race

package link

// The race detector makes the exploration ten times slower and has nothing to find:
// a link has no goroutine.
const raceEnabled = true

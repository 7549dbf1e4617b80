// Command seeds tests the tests: it puts bugs into the sources, one at a time and
// without touching a file (go test -overlay), runs the short proof against each, and
// demands that the checker names the rule that stands beside the bug. There is no hook
// in code that ships.
//
//	go run ./e2e/prove/seeds                 every seeded bug, and a table of what caught it
//	go run ./e2e/prove/seeds -run 'grant'    those whose names match
//	go run ./e2e/prove/seeds -list           what there is, without running
//
// It runs from anywhere inside the workspace. The exit code is 1 when a bug was not
// caught by its rule, when the sources have changed so that a bug cannot be put in any
// more, or when the proof fails without any bug. A caught bug shows the rules that were
// named, its own first; the others are its consequences.
package main

// Command seeds tests the tests. It puts bugs into the sources, one at a time and without
// changing a file (go test -overlay), runs the short proof against each, and requires that the
// checker names the bug's rule. The released code needs no hooks for it.
//
//	go run ./e2e/prove/seeds                 every seeded bug, and a table of what caught it
//	go run ./e2e/prove/seeds -run 'grant'    those whose names match
//	go run ./e2e/prove/seeds -list           list them, without running
//
// It runs in any folder of the workspace. The exit code is 1 when a bug was not caught by its
// rule, when a bug no longer fits the sources, or when a proof fails without a bug. For a
// caught bug it prints the rules that were named, the bug's own first. The others are
// consequences.
package main

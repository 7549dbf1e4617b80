// Package terminal tests the program intercessor, on its own terminal, against relayd. It has
// only tests.
package terminal

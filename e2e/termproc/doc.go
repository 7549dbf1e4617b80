// Package termproc runs the terminal peer as a process, with a test at its keyboard.
package termproc

// Package relayd builds the workspace's relayd and runs it, or another one, in a process
// of its own. It needs Linux, as package process does.
package relayd

// Package wire tests what relayd makes of bytes: handshakes, frames, the golden vectors and
// scripts, and each close code. It has only tests.
package wire

// Package ice makes the list of STUN and TURN servers that relayd sends to its peers
// (PROTOCOL.md, I1 to I5). It checks the servers' URLs, and makes a short-lived
// credential for each peer. A TURN server is a separate program, such as coturn, or the
// relay's own. The package does no input or output and reads no clock; its caller does.
package ice

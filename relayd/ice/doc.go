// Package ice names the STUN and TURN servers that relayd tells its peers of
// (PROTOCOL.md, I1 to I5). The TURN server is somebody else's, such as coturn: here are
// the URLs, looked at before a peer sees them, and the credentials, each for one peer and
// for a short time. It does nothing but compute: who calls reads the files and the clock.
package ice

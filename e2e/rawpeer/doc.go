// Package rawpeer is a peer that speaks WebSocket byte by byte, for tests of what the relay
// makes of any bytes.
package rawpeer

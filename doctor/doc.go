// Package doctor examines a relay from outside. It takes each step of a client in turn, from
// the name to a packet through the TURN server. For a step that fails it names the cause, and
// the setting to change.
package doctor

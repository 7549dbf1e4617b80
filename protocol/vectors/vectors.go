// Package vectors holds golden messages, close codes and limits of the base
// protocol as data, for implementations in any language. README.md beside it
// explains the format. Every expectation was written by hand, from PROTOCOL.md.
package vectors

import _ "embed"

// Envelopes are frames that a peer sends, and what the relay makes of each.
//
//go:embed envelopes.json
var Envelopes string

// Relay are frames that the relay sends, and what a peer makes of each.
//
//go:embed relay.json
var Relay string

// Codes are the close codes.
//
//go:embed codes.json
var Codes string

// Limits are the limits, each with the vectors that try it.
//
//go:embed limits.json
var Limits string

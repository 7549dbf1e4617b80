// Package vectors holds golden messages, scripts, close codes and limits of the
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

// V1Envelopes are frames that a v1 peer sends, and what the relay makes of each.
//
//go:embed v1-envelopes.json
var V1Envelopes string

// V1Relay are frames that the relay sends to v1 peers, and what they make of each.
//
//go:embed v1-relay.json
var V1Relay string

// V1Scripts are what several peers do at a running relay, and what each gets.
//
//go:embed v1-scripts.json
var V1Scripts string

// Spellings are spellings of IDs, and whether they name the same room.
//
//go:embed spellings.json
var Spellings string

// Codes are the close codes.
//
//go:embed codes.json
var Codes string

// Limits are the limits, each with the vectors that try it.
//
//go:embed limits.json
var Limits string

// Direct are messages that come on the direct path, and what a peer makes of each.
//
//go:embed direct.json
var Direct string

// LinkOpen are LINK_OPENs, and what a server makes of each.
//
//go:embed link-open.json
var LinkOpen string

// Stream are frames of byte streams, and what a peer makes of each.
//
//go:embed stream.json
var Stream string

package signaling

// Options is what Dial can be told. nil is the same as the zero value.
type Options struct {
	// Store keeps this peer's identity over restarts, so that it has the same ID
	// again. Without one the identity lives as long as the session.
	Store Store

	// Secret is what this peer presents to a relay that asks for a passphrase or for a
	// token; nil for a relay that admits anyone. Use wss, not ws, so that only the relay
	// sees it.
	Secret Secret

	// Base has the session speak the base protocol also with a relay that speaks
	// intercessor.v1: no resume, no presence but who came and who left. It is for programs
	// whose peers use package sdk and which run no link of their own: of a peer that
	// speaks v1, sdk expects one.
	Base bool

	PlatformOptions
}

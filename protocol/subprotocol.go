package protocol

// Subprotocols of the WebSocket handshake (R1, R2).
const (
	SubprotocolV1   = "intercessor.v1"
	SubprotocolBase = "intercessor.base" // the base protocol by name

	// ResumePrefix begins the entry that carries a resume credential,
	// ATTEMPT.TOKEN. It is a secret and is never selected.
	ResumePrefix = "intercessor.resume."
)

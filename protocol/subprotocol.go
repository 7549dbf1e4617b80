package protocol

// Subprotocols of the WebSocket handshake (R1, R2, A2).
const (
	SubprotocolV1   = "intercessor.v1"
	SubprotocolBase = "intercessor.base" // the base protocol by name

	// ResumePrefix begins the entry that carries a resume credential, ATTEMPT.TOKEN. The
	// entry is a secret and is never selected.
	ResumePrefix = "intercessor.resume."

	// AccessPrefix begins the entry that carries an access secret in unpadded base64url.
	// The entry is never selected either.
	AccessPrefix = "intercessor.access."
)

package protocol

// Sizes that both sides keep to (PROTOCOL.md, "Limits").
const (
	// MaxMessage is the largest frame that a peer may send, in bytes. The codec
	// does not check it: whoever reads the socket does, before there is a frame.
	MaxMessage = 64 << 10

	// MaxDelivery is the largest frame that the relay may send, in bytes. It is
	// longer than MaxMessage because the sender's ID may be longer than the
	// receiver's.
	MaxDelivery = MaxMessage + 1<<10

	// MaxDepth is how deep objects and arrays may nest in a frame. The
	// envelope's own object is the first level.
	MaxDepth = 32

	// MaxType is the longest type, in bytes.
	MaxType = 64

	// MaxID is the longest ID, in bytes.
	MaxID = 64

	// MaxReason is the longest reason of a close frame, in bytes (RFC 6455,
	// section 5.5). Every Reason of an Error fits.
	MaxReason = 123

	// MaxControlRate is how many control frames (ping, pong) a peer may send in
	// one second.
	MaxControlRate = 100
)

// Times that the relay keeps to, in seconds: multiply by time.Second.
const (
	// PingAfter is how long a peer may be silent before the relay pings it.
	PingAfter = 20

	// PongWithin is how long the relay then waits to receive anything.
	PongWithin = 10

	// MessageWithin is the time from a message's first frame to its last.
	MessageWithin = 10

	// WriteWithin is how long a write to a peer may go without progress.
	WriteWithin = 10

	// HoldWithin is how long a slow server holds back the messages of its own
	// clients, before they are dropped.
	HoldWithin = 5

	// CloseWithin is how long the relay waits for the answer to its close frame.
	CloseWithin = 5
)

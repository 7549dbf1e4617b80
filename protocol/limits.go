package protocol

// Limits of sizes for both sides (PROTOCOL.md, "Limits").
const (
	// MaxMessage is the largest frame that a peer may send, in bytes. The codec does not
	// check it. The reader of the socket does, before there is a frame.
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

	// MaxSecret is the longest access secret, in bytes (A2). Its entry and a resume
	// credential together fit into the 8 KiB of headers that many servers accept.
	MaxSecret = 4 << 10
)

// Limits of times for the relay, in seconds: multiply by time.Second.
const (
	// PingAfter is how long a peer may be silent before the relay pings it.
	PingAfter = 20

	// PongWithin is how long the relay then waits to receive anything.
	PongWithin = 10

	// MessageWithin is the time from a message's first frame to its last.
	MessageWithin = 10

	// WriteWithin is how long a write to a peer may go without progress.
	WriteWithin = 10

	// HoldWithin is how long the relay holds a message for a slow server before it drops
	// the message.
	HoldWithin = 5

	// CloseWithin is how long the relay waits for the answer to its close frame.
	CloseWithin = 5
)

// Limits of sizes in v1 (PROTOCOL.md, "Limits of v1").
const (
	// MaxLink is the longest field link, in bytes as written in the frame.
	MaxLink = 1 << 10

	// MaxServerInfo is the longest serverInfo that a server may set, in bytes.
	MaxServerInfo = 4 << 10

	// MaxICE is the longest message of RELAY_ICE, in bytes.
	MaxICE = 8 << 10

	// MaxNumber is the largest number in a message of the relay or a link. JavaScript
	// represents each number up to it exactly.
	MaxNumber = 1<<53 - 1

	// MaxLinkMessage is the longest message of a link, in bytes.
	MaxLinkMessage = 16 << 20

	// MaxPart is the longest message of a link that goes in one frame, and the longest
	// part of a longer one, in bytes.
	MaxPart = 32 << 10

	// FrameCost is what a frame costs in addition to its type and its message, in bytes.
	FrameCost = 64
)

// Limits of times in v1, in seconds: multiply by time.Second.
const (
	// Window is how long the relay waits for a peer, if HELLO does not say otherwise.
	Window = 60

	// ReloadWindow is how long the relay waits for a page that closed with 1001.
	ReloadWindow = 15

	// GoneAfter is how long after the window the observer of an absent peer waits until
	// it calls the peer gone.
	GoneAfter = 10

	// BeatAfter is how long a relay that has nothing to send waits before RELAY_BEAT.
	BeatAfter = 15

	// SilenceWithin is how long a peer waits to receive anything before it drops
	// the connection.
	SilenceWithin = 30
)

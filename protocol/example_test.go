package protocol_test

import (
	"fmt"

	"github.com/sebas642/intercessor/protocol"
)

// What the relay does with a message, between two sockets.
func Example() {
	frame := []byte(`{"to":"6f9619ff","type":"chat","message":{"text":"Hi", "n":1.0}}`)

	envelope, err := protocol.ParseEnvelope(frame)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s\n", protocol.AppendDelivery(nil, "c0ffee11", envelope.Type, envelope.Message))
	// Output: {"from":"c0ffee11","type":"chat","message":{"text":"Hi", "n":1.0}}
}

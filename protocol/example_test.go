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

// What the relay does with a message of a v1 peer: the link goes along.
func ExampleParseEnvelopeV1() {
	frame := []byte(`{"to":"6f9619ff","type":"chat","link":{"id":"0123456789abcdef","n":1},"message":"Hi"}`)

	envelope, err := protocol.ParseEnvelopeV1(frame)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s\n", protocol.AppendDeliveryV1(nil, "c0ffee11", envelope.Type, envelope.Message, envelope.Link))
	// Output: {"from":"c0ffee11","type":"chat","link":{"id":"0123456789abcdef","n":1},"message":"Hi"}
}

// How the relay answers a server's request.
func ExampleParseRequest() {
	for _, message := range []string{`{"request":1,"id":"c0ffee11"}`, `{"request":2}`} {
		request, wrong := protocol.ParseRequest(protocol.TypeRelayKick, []byte(message))
		fmt.Printf("%s\n", protocol.AppendAnswer(nil, protocol.Answer{Number: request.Number, Error: wrong}))
	}
	// Output:
	// {"request":1}
	// {"request":2,"error":"invalid"}
}

package doctor

import (
	"context"
	"net"
	"net/netip"

	"github.com/pion/stun/v4"
)

// AskTURN makes an allocation over a connection and ends it.
func AskTURN(ctx context.Context, conn net.Conn, stream bool) error {
	a, err := allocate(ctx, conn, stream, "user", "password")
	if err == nil {
		a.close()
	}
	return err
}

// CompareLabels is the step label for the addresses of some answers.
func CompareLabels(addresses ...string) Result {
	v := new(visit)
	for _, text := range addresses {
		v.relayed = append(v.relayed, netip.MustParseAddr(text))
		v.labels = append(v.labels, text)
	}
	return v.compareLabels(context.Background())
}

// Endpoint is how a TURN URL of a relay is read; "" if it is none.
func Endpoint(url string) string {
	e, ok := parseEndpoint(url)
	if !ok {
		return ""
	}
	return e.transport + " " + e.address()
}

// Greeting is what a TURN server answers to a request without a credential.
func Greeting(request []byte) []byte {
	asked := &stun.Message{Raw: request}
	if asked.Decode() != nil {
		return nil
	}
	answer, err := stun.Build(stun.NewTransactionIDSetter(asked.TransactionID), stun.NewType(stun.MethodAllocate, stun.ClassErrorResponse),
		stun.CodeUnauthorized, stun.NewRealm("realm"), stun.NewNonce("nonce"), stun.Fingerprint)
	if err != nil {
		return nil
	}
	return answer.Raw
}

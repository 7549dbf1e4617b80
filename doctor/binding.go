package doctor

import (
	"context"

	"github.com/pion/stun/v4"
)

// AskSTUN asks a STUN server for a Binding over UDP (RFC 8489). It returns nil if the server
// answers.
func AskSTUN(ctx context.Context, address string) error {
	conn, err := dial(ctx, "udp", address)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	request, err := stun.Build(stun.TransactionID, stun.BindingRequest, stun.Fingerprint)
	if err != nil {
		return err
	}
	if _, err = (&allocation{conn: conn}).ask(ctx, request); err != nil {
		return root(err)
	}
	return nil
}

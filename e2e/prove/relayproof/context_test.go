package relayproof

import "context"

func contextWithin() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), patience)
}

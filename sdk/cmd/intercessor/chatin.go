package main

import "context"

// chatIn joins the room of a link, or starts one.
func chatIn(ctx context.Context, inv *invocation) error {
	if len(inv.operands) > 0 {
		return dial(ctx, inv)
	}
	return listen(ctx, inv)
}

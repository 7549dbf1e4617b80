package main

import (
	"context"
	"fmt"
	"io"

	"github.com/sebas642/intercessor/sdk"
)

// showPath shows the progress of the search for a direct path, until it is over or ctx ends.
func showPath(ctx context.Context, w io.Writer, conn *sdk.Conn) {
	for path := (sdk.Path{State: sdk.PathIdle}); ; {
		before := path
		var err error
		if path, err = conn.WaitPath(ctx, before); err != nil || path.State == sdk.PathOver {
			return // the command reports the error
		}
		switch {
		case path.Problem != before.Problem && path.Problem != "":
			fmt.Fprintf(w, "Still trying, but %s.\n", cleanText(path.Problem, maxText))
		case path.State == before.State:
		case path.State == sdk.PathAsking:
			fmt.Fprintln(w, "Looking for a direct path.")
		case path.State == sdk.PathChecking:
			fmt.Fprintln(w, "Trying the addresses of both sides.")
		case path.State == sdk.PathUp:
			fmt.Fprintln(w, "Connected directly.")
			return
		}
	}
}

package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/sebas642/intercessor/sdk"
)

// onWay says which way a file takes.
func onWay(route sdk.Route) string {
	switch route {
	case sdk.RouteDirect:
		return "direct"
	case sdk.RouteTURN:
		return "direct, through a TURN server"
	}
	return "over the relay"
}

// awaitDirect waits for a direct path, and shows why there is none yet.
func awaitDirect(ctx context.Context, w io.Writer, conn peer) error {
	path := conn.Path()
	if path.Route == sdk.RouteRelay {
		fmt.Fprintln(w, "Waiting for a direct path.")
	}
	for path.Route == sdk.RouteRelay {
		before := path
		var err error
		if path, err = conn.WaitPath(ctx, before); err != nil {
			return err
		}
		if path.Problem != before.Problem && path.Problem != "" {
			fmt.Fprintf(w, "Still trying, but %s.\n", cleanText(path.Problem, maxText))
		}
	}
	return nil
}

// parsePaths reads the value of --path.
func parsePaths(text string) (sdk.Paths, error) {
	switch paths := sdk.Paths(text); paths {
	case sdk.PathsAuto, sdk.PathsRelay, sdk.PathsDirect:
		return paths, nil
	}
	return "", errors.New("it is auto, relay or direct")
}

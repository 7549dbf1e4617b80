package main

import (
	"context"
	"errors"

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
func (inv *invocation) awaitDirect(ctx context.Context, conn peer) error {
	path := conn.Path()
	if path.Route == sdk.RouteRelay {
		inv.tell(event{Event: "path"}, "Waiting for a direct path")
	}
	for path.Route == sdk.RouteRelay {
		before := path
		var err error
		if path, err = conn.WaitPath(ctx, before); err != nil {
			return err
		}
		if path.Problem != before.Problem && path.Problem != "" {
			inv.tell(event{Event: "path", Problem: path.Problem}, "Still trying, but %s", path.Problem)
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

package directory

import (
	"context"
	"errors"
	"fmt"

	"github.com/coreos/go-semver/semver"
)

// Outdated returns the members that run an etcd older than this package needs, with their versions,
// as "http://10.0.0.1:2379 (3.4.23)". The error names members that did not answer.
func (d *Directory) Outdated(ctx context.Context) (outdated []string, err error) {
	ctx, cancel := d.bound(ctx, callWithin)
	defer cancel()
	for _, endpoint := range d.config.Endpoints {
		status, failure := d.client.Status(ctx, endpoint)
		switch {
		case failure != nil:
			err = errors.Join(err, fmt.Errorf("cannot ask %s for its version: %w", endpoint, cause(ctx, failure)))
		case isOutdated(status.Version):
			outdated = append(outdated, fmt.Sprintf("%s (%s)", endpoint, status.Version))
		}
	}
	return outdated, err
}

var (
	least = semver.New("3.4.0")

	// Versions before these have etcd-io/etcd#15247.
	repaired34 = semver.New("3.4.31")
	repaired35 = semver.New("3.5.13")
)

// isOutdated holds for a version with that bug, and for what is no version.
func isOutdated(version string) bool {
	v, err := semver.NewVersion(version)
	return err != nil || v.LessThan(*repaired34) || v.Minor == 5 && v.LessThan(*repaired35)
}

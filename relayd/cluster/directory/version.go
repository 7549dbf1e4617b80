package directory

import (
	"context"
	"errors"
	"fmt"
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

// isOutdated holds for a version before 3.4.31, or before 3.5.13 in 3.5, and for what is no
// version.
func isOutdated(version string) bool {
	var major, minor, patch int
	if n, _ := fmt.Sscanf(version, "%d.%d.%d", &major, &minor, &patch); n < 3 {
		return true
	}
	switch {
	case major != 3:
		return major < 3
	case minor == 4:
		return patch < 31
	case minor == 5:
		return patch < 13
	}
	return minor < 4
}

package directory

import (
	"errors"
	"fmt"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
)

// A Refusal is an error that time does not mend. It says which setting, or what at etcd, to change.
type Refusal struct{ error }

// Unwrap returns what etcd, or the connection to it, has said.
func (r Refusal) Unwrap() error { return r.error }

// IsRefusal reports whether an error is a [Refusal].
func IsRefusal(err error) bool { return errors.As(err, new(Refusal)) }

// explain turns the errors with which etcd refuses this node into a Refusal.
func (c *Config) explain(err error) error {
	user := fmt.Sprintf("the user %q", c.User)
	if c.User == "" {
		user = "the user that this node's certificate names (its common name)"
	}
	what := ""
	switch said := rpctypes.Error(err); {
	case errors.Is(said, rpctypes.ErrAuthFailed):
		what = fmt.Sprintf("etcd does not accept the password of %s: correct cluster.etcd_user or the file of cluster.etcd_password_file", user)
	case errors.Is(said, rpctypes.ErrPermissionDenied):
		what = fmt.Sprintf("etcd does not let %s read and write under %q: grant its role readwrite for that prefix, or correct cluster.etcd_prefix", user, c.Prefix)
	case errors.Is(said, rpctypes.ErrUserEmpty):
		what = "etcd asks for a user: set cluster.etcd_user and cluster.etcd_password_file"
	case errors.Is(said, rpctypes.ErrAuthNotEnabled):
		what = "etcd has no users: run `etcdctl auth enable`, or leave cluster.etcd_user empty"
	case errors.Is(said, rpctypes.ErrNoSpace):
		what = "etcd's quota is full: compact and defragment it, run `etcdctl alarm disarm`, and give it --auto-compaction-retention"
	default:
		return err
	}
	return Refusal{fmt.Errorf("%s (%w)", what, err)}
}

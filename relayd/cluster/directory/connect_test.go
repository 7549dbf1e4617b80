package directory_test

import (
	"crypto/tls"
	"errors"
	"testing"
	"time"

	"github.com/sebas642/intercessor/relayd/cluster/directory"
	"github.com/sebas642/intercessor/relayd/cluster/etcdtest"
	"github.com/stretchr/testify/require"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
)

// TestTLS: with the certificates all works, without them nothing does.
func TestTLS(t *testing.T) {
	t.Parallel()
	member, config := etcdtest.StartTLS(t)
	endpoints := []string{member.Endpoint()}
	a := join(t, "a", 1, endpoints, func(c *directory.Config) { c.TLS = config })
	a.mustClaim(t, "room")
	b := open(t, "b", 2, endpoints, func(c *directory.Config) { c.TLS = &tls.Config{RootCAs: config.RootCAs} })
	_, _, err := b.Lookup(t.Context(), "room")
	require.Error(t, err)
}

// TestCredentials: a user of etcd that may read and write under the prefix is enough, also after etcd
// has forgotten its tokens. A wrong password and another prefix are errors with that cause.
func TestCredentials(t *testing.T) {
	t.Parallel()
	member, _ := one(t)
	testCredentials(t, member, nil)
}

// TestCredentialsBesideCertificates: etcd takes the name in a certificate for the user of a call without
// a token, and that one may do nothing here.
func TestCredentialsBesideCertificates(t *testing.T) {
	t.Parallel()
	member, config := etcdtest.StartTLS(t)
	testCredentials(t, member, config)
}

func testCredentials(t *testing.T, member *etcdtest.Member, config *tls.Config) {
	endpoints := []string{member.Endpoint()}
	root, err := clientv3.New(clientv3.Config{Endpoints: endpoints, TLS: config, Logger: zap.NewNop()})
	require.NoError(t, err)
	defer func() { _ = root.Close() }()
	ctx := within(t, patience)
	for _, step := range []func() error{
		func() error { return second(root.UserAdd(ctx, "root", "rootpassword")) },
		func() error { return second(root.UserGrantRole(ctx, "root", "root")) },
		func() error { return second(root.RoleAdd(ctx, "relay")) },
		func() error { return second(root.UserAdd(ctx, "relay", "secret")) },
		func() error { return second(root.UserGrantRole(ctx, "relay", "relay")) },
		func() error {
			return second(root.RoleGrantPermission(ctx, "relay", "test/", clientv3.GetPrefixRangeEnd("test/"), clientv3.PermissionType(clientv3.PermReadWrite)))
		},
		func() error { return second(root.AuthEnable(ctx)) },
	} {
		err := step()
		for errors.Is(err, rpctypes.ErrTimeout) { // a loaded machine takes long to hash a password
			err = step()
		}
		if !errors.Is(err, rpctypes.ErrUserAlreadyExist) && !errors.Is(err, rpctypes.ErrRoleAlreadyExist) {
			require.NoError(t, err)
		}
	}
	user := func(c *directory.Config) { c.User, c.Password, c.TLS = "relay", "secret", config }
	a := join(t, "a", 1, endpoints, user)
	revision := a.mustClaim(t, "room")
	require.NoError(t, a.Kick(within(t, patience), "room", directory.Kick{Name: "x", Until: time.Now().Add(time.Hour)}))
	f := follow(t, a, "room")

	member.Kill()
	member.Start()
	require.EventuallyWithT(t, func(c *collect) { // Wait has no credentials
		_, _, err := a.Lookup(t.Context(), "room")
		require.NoError(c, err)
	}, patience, 10*time.Millisecond)
	b := join(t, "b", 2, endpoints, user)
	moved, err := b.Claim(within(t, patience), b.claim("room"), revision)
	require.NoError(t, err)
	f.knows(t, moved)
	a.claimSoon(t, "after")
	require.NoError(t, b.Revoke(within(t, patience), a.self))
	require.True(t, a.next(t).Sure)

	wrong := open(t, "c", 3, endpoints, func(c *directory.Config) { c.User, c.Password, c.TLS = "relay", "wrong", config })
	require.EventuallyWithT(t, func(c *collect) { // a loaded machine may not check a password in time
		_, err := wrong.Instances(t.Context())
		require.ErrorContains(c, err, "authentication failed")
	}, patience, time.Millisecond)
	other := open(t, "d", 4, endpoints, user, func(c *directory.Config) { c.Prefix = "foreign/" })
	require.EventuallyWithT(t, func(c *collect) {
		_, err := other.Instances(t.Context())
		require.ErrorContains(c, err, "permission denied")
	}, patience, time.Millisecond)
}

func second[T any](_ T, err error) error { return err }

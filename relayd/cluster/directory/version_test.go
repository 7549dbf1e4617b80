package directory_test

import (
	"fmt"
	"testing"

	"github.com/sebas642/intercessor/relayd/cluster/directory"
	"github.com/sebas642/intercessor/relayd/cluster/etcdtest"
	"github.com/stretchr/testify/require"
)

// TestOutdated: members with an old etcd are named, and so are those that do not answer.
func TestOutdated(t *testing.T) {
	t.Parallel()
	for version, outdated := range map[string]bool{
		"3.4.23": true, "3.4.30": true, "3.4.31": false, "3.4.40": false, "3.5.0": true, "3.5.12": true, "3.5.13": false, "3.5.14-rc.0": false,
		"3.6.0": false, "3.10.1": false, "4.0.0": false, "3.3.99": true, "2.3.8": true, "": true, "next": true,
	} {
		require.Equal(t, outdated, directory.IsOutdated(version), version)
	}
	member, endpoints := one(t)
	status, err := stranger(t, endpoints...).Status(within(t, patience), member.Endpoint())
	require.NoError(t, err)
	a := open(t, "a", 1, endpoints)
	var want []string
	if directory.IsOutdated(status.Version) {
		want = []string{fmt.Sprintf("%s (%s)", member.Endpoint(), status.Version)}
	}
	got, err := a.Outdated(within(t, patience))
	require.NoError(t, err)
	require.Equal(t, want, got)
	member.Kill()
	_, err = open(t, "b", 2, etcdtest.Endpoints([]*etcdtest.Member{member})).Outdated(within(t, patience))
	require.ErrorContains(t, err, member.Endpoint())
}

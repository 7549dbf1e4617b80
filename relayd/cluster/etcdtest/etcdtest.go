// Package etcdtest runs real etcd servers for tests: the program etcd of PATH, on loopback or at other
// addresses of this machine, with a folder of the test. They end with the test.
package etcdtest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
)

// patience bounds every wait for what etcd does soon. It only ends what hangs.
const patience = 2 * time.Minute

// Start starts an etcd of one member and waits until it answers.
func Start(t testing.TB) *Member {
	t.Helper()
	return StartAt(t, loopback)[0]
}

// StartThree starts an etcd of three members and waits until each answers.
func StartThree(t testing.TB) []*Member {
	t.Helper()
	return StartAt(t, loopback, loopback, loopback)
}

const loopback = "127.0.0.1"

// StartAt starts an etcd of one member for each address of this machine, and waits until each
// answers.
func StartAt(t testing.TB, hosts ...string) []*Member {
	t.Helper()
	return startCluster(t, hosts, nil)
}

// Endpoints returns what a client of these members dials.
func Endpoints(members []*Member) (endpoints []string) {
	for _, m := range members {
		endpoints = append(endpoints, m.Endpoint())
	}
	return endpoints
}

// Leader returns the member that leads the others. It waits until the members that answer agree
// on one. A member that was killed or stopped does not count.
func Leader(t testing.TB, members []*Member) *Member {
	t.Helper()
	var leader *Member
	require.Eventually(t, func() bool {
		leader = nil
		for _, m := range members {
			status, err := m.status()
			if err != nil || status.Leader == 0 {
				continue
			}
			if status.Leader == status.Header.MemberId {
				leader = m
			}
		}
		return leader != nil
	}, patience, 50*time.Millisecond, "no member of etcd leads")
	return leader
}

// startCluster tries other ports when another process was faster to take one.
func startCluster(t testing.TB, hosts []string, s *security) []*Member {
	t.Helper()
	for try := 0; ; try++ {
		members := plan(t, hosts, s)
		for _, m := range members {
			m.launch()
		}
		err := waitForAll(members)
		if err == nil {
			return members
		}
		for _, m := range members {
			m.Kill()
		}
		if try == 5 || !strings.Contains(err.Error(), "address already in use") {
			require.NoError(t, err)
		}
	}
}

func plan(t testing.TB, hosts []string, s *security) []*Member {
	t.Helper()
	folder := t.TempDir()
	members := make([]*Member, len(hosts))
	var cluster []string
	for i, host := range hosts {
		members[i] = &Member{t: t, name: fmt.Sprintf("m%d", i), folder: folder, security: s, client: freePort(t, host), peer: freePort(t, host)}
		cluster = append(cluster, fmt.Sprintf("%s=http://%s", members[i].name, members[i].peer))
	}
	for _, m := range members {
		m.cluster = strings.Join(cluster, ",")
		t.Cleanup(m.Kill)
	}
	return members
}

func waitForAll(members []*Member) error {
	for _, m := range members {
		if err := m.wait(); err != nil {
			return err
		}
	}
	return nil
}

// freePort returns an address whose port is free and below the ports that systems give to
// clients, so that it is still free when a member starts again.
func freePort(t testing.TB, host string) (address string) {
	t.Helper()
	for range 1000 {
		address = fmt.Sprintf("%s:%d", host, 10_000+rand.IntN(20_000))
		if listener, err := net.Listen("tcp", address); err == nil {
			require.NoError(t, listener.Close())
			return address
		}
	}
	require.Fail(t, "no free port on "+host)
	return ""
}

// ask returns what one member, and no other, answers.
func ask[T any](m *Member, limit time.Duration, question func(context.Context, *clientv3.Client) (T, error)) (answer T, err error) {
	config := clientv3.Config{Endpoints: []string{m.Endpoint()}, Logger: zap.NewNop()}
	if m.security != nil {
		config.TLS = m.security.config
	}
	client, err := clientv3.New(config)
	if err != nil {
		return answer, err
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	return question(ctx, client)
}

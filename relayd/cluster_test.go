package main_test

import (
	"context"
	"encoding/base64"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sebas642/intercessor/relayd/cluster/etcdtest"
	"github.com/stretchr/testify/require"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
)

func keyFile(t *testing.T, of string) string {
	t.Helper()
	return written(t, "key", base64.StdEncoding.EncodeToString([]byte(strings.Repeat(of, 32)))+"\n")
}

// asNode returns the arguments of a node.
func asNode(name, etcd, secret, key string, more ...string) []string {
	return append([]string{"--cluster-name", name, "--cluster-listen", "127.0.0.1:0", "--cluster-etcd", etcd,
		"--cluster-secret-file", secret, "--key-file", key}, more...)
}

// TestCheckReachesTheCluster: check finds what would keep a node out, and so does the start of a
// node where peers would suffer.
func TestCheckReachesTheCluster(t *testing.T) {
	t.Parallel()
	etcd := etcdtest.Start(t).Endpoint()
	secret, key, other := keyFile(t, "s"), keyFile(t, "k"), keyFile(t, "o")

	code, out, says := check(t, nil, asNode("a", etcd, secret, key)...)
	require.Zero(t, code, says)
	require.Contains(t, out, "\n# etcd answers; no other node of the cluster runs\n")
	again, _, says := check(t, nil, "--config", written(t, "again.toml", out))
	require.Zero(t, again, says)

	start(t, nil, asNode("a", etcd, secret, key)...)
	code, out, says = check(t, nil, asNode("b", etcd, secret, key)...)
	require.Zero(t, code, says)
	require.Contains(t, out, "\n# etcd answers, and so do these nodes: a\n")
	code, _, says = check(t, nil, asNode("b", etcd, secret, key, "--key-file", other)...)
	require.Zero(t, code, "a second key that does not sign: %s", says)

	for want, node := range map[string][]string{
		"the node a does not accept the resume key":                 asNode("b", etcd, secret, other, "--key-file", key),
		"all nodes need the same file of cluster.secret_file":       asNode("b", etcd, other, key),
		"does not answer: connection refused; start it, or correct": asNode("b", "http://"+unused(t), secret, key, "--cluster-etcd", etcd),
		"it does not speak TLS: write http://":                      asNode("b", strings.Replace(etcd, "http", "https", 1), secret, key),
	} {
		code, _, says := check(t, nil, node...)
		require.Equal(t, 1, code, want)
		require.Contains(t, says, want)
	}
	require.Contains(t, fails(t, 1, nil, asNode("b", etcd, secret, other)...), "does not accept the resume key")
	require.Contains(t, fails(t, 1, nil, asNode("b", etcd, other, key)...), "the other node holds another cluster.key")
}

// TestNodeThatStartsAgain: to the log of another node it has not gone, and it does not count itself twice.
func TestNodeThatStartsAgain(t *testing.T) {
	t.Parallel()
	etcd, secret, key := etcdtest.Start(t).Endpoint(), keyFile(t, "s"), keyFile(t, "k")
	b := start(t, nil, asNode("b", etcd, secret, key)...)
	a := start(t, nil, asNode("a", etcd, secret, key)...)
	require.NoError(t, b.cmd.Process.Kill())
	<-b.exited
	b = launch(t, nil, asNode("b", etcd, secret, key)...)
	require.EqualValues(t, 2, b.logs("this node is in its cluster")["nodes"])
	require.Equal(t, "b", a.logs("another node has started again")["node"])
	require.NotContains(t, a.log(), "another node is gone")
}

// TestCheckNamesTheWrongCertificate: the one of etcd is not signed by what this machine trusts.
func TestCheckNamesTheWrongCertificate(t *testing.T) {
	t.Parallel()
	etcd, _ := etcdtest.StartTLS(t)
	code, _, says := check(t, nil, asNode("a", etcd.Endpoint(), keyFile(t, "s"), keyFile(t, "k"))...)
	require.Equal(t, 1, code)
	const want = "its certificate is not signed by an authority that this machine or cluster.etcd_ca_file names"
	require.Contains(t, says, want)
	endsAtOnce(t, want, asNode("a", etcd.Endpoint(), keyFile(t, "s"), keyFile(t, "k"))...)
	code, _, says = check(t, nil, asNode("a", strings.Replace(etcd.Endpoint(), "https", "http", 1), keyFile(t, "s"), keyFile(t, "k"))...)
	require.Equal(t, 1, code)
	require.Contains(t, says, "the right port and https")

	etcd.Pause()
	authority, _ := etcd.Certificate()
	code, _, says = check(t, nil, asNode("a", etcd.Endpoint(), keyFile(t, "s"), keyFile(t, "k"), "--cluster-etcd-ca-file", authority)...)
	require.Equal(t, 1, code)
	require.Contains(t, says, "accepts connections but does not answer")
	require.NotContains(t, says, "TLS")
}

// TestCertificateForEtcd: etcd asks for one, and may trust another authority later.
func TestCertificateForEtcd(t *testing.T) {
	t.Parallel()
	etcd, _ := etcdtest.StartTLS(t)
	authority, _ := etcd.Certificate()
	node := func(cert, key string) []string {
		args := asNode("a", etcd.Endpoint(), keyFile(t, "s"), keyFile(t, "k"), "--cluster-etcd-ca-file", authority)
		if cert != "" {
			args = append(args, "--cluster-etcd-cert-file", cert, "--cluster-etcd-key-file", key)
		}
		return args
	}
	otherCert, otherKey := etcdtest.Certificate(t)
	for want, args := range map[string][]string{
		"it asks for a certificate: set cluster.etcd_cert_file":                node("", ""),
		"it does not accept the certificate of cluster.etcd_cert_file":         node(otherCert, otherKey),
		"cannot use the files of --cluster-etcd-cert-file and --cluster-etcd-": node(otherCert, keyFile(t, "k")),
	} {
		code, _, says := check(t, nil, args...)
		require.Equal(t, 1, code)
		require.Contains(t, says, want)
		endsAtOnce(t, want, args...)
	}

	cert, key := filepath.Join(t.TempDir(), "cert.pem"), filepath.Join(t.TempDir(), "key.pem")
	replace := func(with, withKey string) {
		for to, from := range map[string]string{cert: with, key: withKey} {
			text, err := os.ReadFile(from)
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(to, text, 0o600))
		}
	}
	replace(etcd.Certificate())
	code, _, says := check(t, nil, node(cert, key)...)
	require.Zero(t, code, says)
	d := start(t, nil, node(cert, key)...)
	d.enters()

	replace(otherCert, otherKey)
	d.logs("certificate for etcd reloaded")
	etcd.Kill()
	etcd.Trust(otherCert)
	etcd.Start()
	require.Eventually(t, func() bool {
		p := d.dial()
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		_, _, err := p.conn.Read(ctx)
		return err == nil
	}, patience, 100*time.Millisecond)
}

// TestCheckNamesTheWrongUser: a missing one, a wrong password, and a role without the prefix.
func TestCheckNamesTheWrongUser(t *testing.T) {
	t.Parallel()
	etcd := etcdtest.Start(t).Endpoint()
	client, ctx := operate(t, etcd)
	secret, key, password := keyFile(t, "s"), keyFile(t, "k"), written(t, "password", "right\n")
	code, _, says := check(t, nil, asNode("a", etcd, secret, key, "--cluster-etcd-user", "relayd", "--cluster-etcd-password-file", password)...)
	require.Equal(t, 1, code)
	require.Contains(t, says, "etcd has no users")

	enableUsers(ctx, t, client)
	for _, c := range []struct {
		want string
		more []string
	}{
		{"etcd asks for a user: set cluster.etcd_user", nil},
		{`does not accept the password of the user "relayd"`, []string{"--cluster-etcd-user", "relayd", "--cluster-etcd-password-file", written(t, "password", "wrong\n")}},
		{`does not let the user "other" read and write under "intercessor/"`, []string{"--cluster-etcd-user", "other", "--cluster-etcd-password-file", password}},
		{"", []string{"--cluster-etcd-user", "relayd", "--cluster-etcd-password-file", password}},
	} {
		code, _, says := check(t, nil, asNode("a", etcd, secret, key, c.more...)...)
		require.Equal(t, c.want == "", code == 0, says)
		require.Contains(t, says, c.want)
		if c.want != "" {
			endsAtOnce(t, c.want, asNode("a", etcd, secret, key, c.more...)...)
		}
	}
}

// endsAtOnce starts a node that does not wait for what time does not mend.
func endsAtOnce(t *testing.T, want string, args ...string) {
	t.Helper()
	says := fails(t, 1, nil, args...)
	require.Contains(t, says, strings.ReplaceAll(want, `"`, `\"`))
	require.NotContains(t, says, "waits for etcd")
}

// unused returns a loopback address at which no program listens.
func unused(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}

// operate returns a client of etcd that is not a node's.
func operate(t *testing.T, etcd string) (*clientv3.Client, context.Context) {
	t.Helper()
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{etcd}, Logger: zap.NewNop()})
	require.NoError(t, err)
	t.Cleanup(func() { _ = client.Close() })
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return client, ctx
}

const prefix = "intercessor/"

// enableUsers makes the users root, relayd and other, all with the password "right". Only relayd has the
// prefix.
func enableUsers(ctx context.Context, t *testing.T, client *clientv3.Client) {
	t.Helper()
	for _, name := range []string{"root", "relayd", "other"} {
		_, err := client.UserAdd(ctx, name, "right")
		require.NoError(t, err)
		_, err = client.RoleAdd(ctx, name)
		require.NoError(t, err)
		_, err = client.UserGrantRole(ctx, name, name)
		require.NoError(t, err)
	}
	grant(ctx, t, client)
	_, err := client.AuthEnable(ctx)
	require.NoError(t, err)
}

func grant(ctx context.Context, t *testing.T, client *clientv3.Client) {
	t.Helper()
	_, err := client.RoleGrantPermission(ctx, "relayd", prefix, clientv3.GetPrefixRangeEnd(prefix), clientv3.PermissionType(clientv3.PermReadWrite))
	require.NoError(t, err)
}

// TestRefusedWhileItRuns: the log names a permission that etcd's operator takes away, and says when all
// is well again.
func TestRefusedWhileItRuns(t *testing.T) {
	t.Parallel()
	etcd := etcdtest.Start(t).Endpoint()
	client, ctx := operate(t, etcd)
	enableUsers(ctx, t, client)
	root, err := clientv3.New(clientv3.Config{Endpoints: []string{etcd}, Username: "root", Password: "right", Logger: zap.NewNop()})
	require.NoError(t, err)
	defer func() { _ = root.Close() }()
	d := start(t, nil, asNode("a", etcd, keyFile(t, "s"), keyFile(t, "k"), "--cluster-etcd-user", "relayd", "--cluster-etcd-password-file", written(t, "password", "right\n"))...)
	const want = `etcd does not let the user "relayd" read and write under "intercessor/": grant its role readwrite for that prefix`

	_, err = root.RoleRevokePermission(ctx, "relayd", prefix, clientv3.GetPrefixRangeEnd(prefix))
	require.NoError(t, err)
	require.Contains(t, d.logs("etcd refuses this node: the rooms here go on")["error"], want)
	grant(ctx, t, root)
	require.Eventually(t, func() bool {
		return strings.Contains(d.log(), "etcd answers again") || strings.Contains(d.log(), "marks in etcd were lost and are put again")
	}, patience, 10*time.Millisecond)
	d.enters()
	require.Equal(t, 1, strings.Count(d.log(), "etcd refuses"))
	require.NotContains(t, d.log(), "etcd does not answer")
}

package clusterproof

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/netspace"
	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/prove/form"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/relayd/cluster/etcdtest"
	"github.com/sebas642/intercessor/relayd/resume"
)

// worlds counts the worlds of this process: each has a bridge and a network of its own.
var worlds atomic.Int32

// A world is three nodes, each in a network namespace, and on the bridge between them three etcd
// servers and the peers.
type world struct {
	t      testing.TB
	net    string // 10.N
	etcd   []*etcdtest.Member
	nodes  []*node
	binary string
	files  files
	args   func(*node) []string

	doors  []string     // the addresses that peers connect to by turns
	moved  sync.Map     // from the address of a node to that of another process of its name
	peers  atomic.Int32 // each has an address of its own
	census census
}

// A node is a relayd that may be killed and started again.
type node struct {
	*relayproc.Relay
	world  *world
	name   string
	host   string
	space  *netspace.Space
	script string // starts its build in space
	clock  string // the file that sets its clock, if its build is of relayproc.BuildClock
	spare  *node  // where another process of its name may run
}

// newWorld starts etcd and the nodes, with these arguments more. The directory is not young, as
// after some minutes.
func newWorld(t testing.TB, binary string, more func(*node) []string) *world {
	n := worlds.Add(1)
	w := &world{t: t, net: fmt.Sprintf("10.%d", n), binary: binary}
	run(t, fmt.Sprintf(`ip link add b%[1]d address 02:00:00:00:00:%02[1]x type bridge mcast_snooping 0; ip link set b%[1]d up
		ip addr add 10.%[1]d.0.200/16 dev b%[1]d
		ip addr add 10.%[1]d.0.100/16 dev b%[1]d; ip addr add 10.%[1]d.0.101/16 dev b%[1]d; ip addr add 10.%[1]d.0.102/16 dev b%[1]d
		ip route add local 10.%[1]d.128.0/17 dev lo`, n))
	w.etcd = etcdtest.StartAt(t, w.net+".0.100", w.net+".0.101", w.net+".0.102")
	folder := t.TempDir()
	_, key, _, err := resume.KeepKey(folder)
	require.NoError(t, err)
	_, secret, _, err := resume.KeepKey(filepath.Join(folder, "cluster"))
	require.NoError(t, err)
	w.files = certify(t, folder)
	w.files.secret = secret
	common := []string{"--key-file", key, "--drain", "2s", "--cluster-secret-file", secret,
		"--cluster-cert-file", w.files.cert, "--cluster-ca-file", w.files.cert, "--cluster-key-file", w.files.key, "--cluster-member", member}
	for _, endpoint := range etcdtest.Endpoints(w.etcd) {
		common = append(common, "--cluster-etcd", endpoint)
	}
	w.args = func(n *node) []string {
		args := append(common[:len(common):len(common)], "--listen", n.host+":8000", "--cluster-name", n.name, "--cluster-listen", n.host+":8001")
		if more != nil {
			args = append(args, more(n)...)
		}
		return args
	}
	w.nodes = make([]*node, 3)
	var starting sync.WaitGroup
	for i := range w.nodes {
		w.nodes[i] = w.place(fmt.Sprintf("node-%d", i+1), i+1)
		starting.Go(func() {
			if err := w.nodes[i].begin(); err != nil {
				t.Error(err)
			}
		})
	}
	starting.Wait()
	require.False(t, t.Failed())
	for _, n := range w.nodes {
		w.doors = append(w.doors, n.Addr)
	}
	w.etcd[0].Delete("intercessor/young")
	return w
}

// place makes a namespace for a node, with the address 10.N.0.host.
func (w *world) place(name string, host int) *node {
	folder := w.t.TempDir()
	n := &node{
		world: w, name: name, host: fmt.Sprintf("%s.0.%d", w.net, host), space: netspace.New(w.t),
		script: filepath.Join(folder, name), clock: filepath.Join(folder, "clock"),
	}
	bridge := "b" + strings.TrimPrefix(w.net, "10.")
	run(w.t, fmt.Sprintf(`ip link add %[1]s-%[2]d type veth peer name eth0 netns %[3]s
		ip link set %[1]s-%[2]d master %[1]s up`, bridge, host, n.space.Path))
	n.space.Run(fmt.Sprintf(`ip addr add %[1]s/16 dev eth0; ip link set eth0 up
		ip route add %[2]s.128.0/17 via %[2]s.0.200 # one neighbour for all peers
		nft 'table inet f { chain in { type filter hook input priority 0; }; chain out { type filter hook output priority 0; }; }'`, n.host, w.net))
	return n
}

// begin starts a node for the first time. It runs in its namespace whichever goroutine starts it.
func (n *node) begin() (err error) {
	if err := n.install(n.world.binary); err != nil {
		return err
	}
	n.Relay, err = relayproc.Try(n.world.t, relayproc.Limits{}, []string{"CLOCK=" + n.clock}, n.script, n.world.args(n)...)
	return err
}

// install has the node run this build when it starts next.
func (n *node) install(binary string) error {
	text := fmt.Sprintf("#!/bin/sh\nexec nsenter --net=%s %s \"$@\"\n", n.space.Path, binary)
	syscall.ForkLock.RLock() // a process that another goroutine starts would hold the file, and it would be busy
	defer syscall.ForkLock.RUnlock()
	return os.WriteFile(n.script, []byte(text), 0o700)
}

// freeze stops the node's process. A signal alone only asks for that.
func (n *node) freeze() {
	n.world.t.Helper()
	n.Signal(syscall.SIGSTOP)
	require.True(n.world.t, form.Within(form.Patience(), func() bool { return etcdtest.IsStopped(n.PID()) }))
}

// run runs a shell command in the network of the peers.
func run(t testing.TB, command string) {
	t.Helper()
	out, err := exec.CommandContext(patience.Context(t), "sh", "-ec", command).CombinedOutput()
	require.NoError(t, err, "%s\n%s", command, out)
}

// files are what a node needs to speak with the others.
type files struct{ cert, key, secret string }

// member is the name in the certificate.
const member = "relay.test"

// certify makes one certificate for all nodes.
func certify(t testing.TB, folder string) (f files) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	const day = 24 * time.Hour // clocks may be wrong by hours
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-day), NotAfter: time.Now().Add(day),
		IsCA: true, BasicConstraintsValid: true, DNSNames: []string{member},
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	put := func(file, kind string, der []byte) string {
		path := filepath.Join(folder, file)
		require.NoError(t, os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600))
		return path
	}
	f.cert, f.key = put("cert.pem", "CERTIFICATE", certificate), put("key.pem", "PRIVATE KEY", private)
	return f
}

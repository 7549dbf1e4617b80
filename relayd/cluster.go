package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"github.com/sebas642/intercessor/doctor"
	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/certs"
	"github.com/sebas642/intercessor/relayd/cluster"
	"github.com/sebas642/intercessor/relayd/cluster/directory"
	"github.com/sebas642/intercessor/relayd/cluster/forward"
	"github.com/sebas642/intercessor/relayd/config"
	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/sebas642/intercessor/relayd/resume"
)

// enterWithin bounds how long a node waits for etcd at its start.
const enterWithin = 30 * time.Second

// membership is this relay's part in a cluster. The nil membership is of a relay that is alone.
type membership struct {
	node     *cluster.Node
	listener net.Listener
	names    []byte      // the key of the names of rooms, for logs and operators
	replaced atomic.Bool // another process has this node's name
}

// openCluster returns nil if the configuration names no cluster. Nothing is served yet. received is
// how many peers other nodes may forward to this one at once. end ends relayd.
func openCluster(c *config.Config, keys []resume.Key, received int, looked func(time.Duration), end func(), log *slog.Logger) (*membership, error) {
	if !c.Cluster.Enabled() {
		return nil, nil
	}
	settings, err := readCluster(c.Cluster, keys)
	if err != nil {
		return nil, err
	}
	settings.Log, settings.Forwards, settings.Received, settings.Looked = log, c.Limits.Connections, received, looked
	m := &membership{names: cluster.NameKey(settings.Key)}
	settings.End = func(err error) {
		log.Error("this process ends", "error", err)
		m.replaced.Store(true)
		end()
	}
	if m.listener, err = listenTCP(string(c.Cluster.Listen), "--cluster-listen"); err != nil {
		return nil, err
	}
	settings.Advertise = string(cmp.Or(c.Cluster.Advertise, config.Address(m.listener.Addr().String())))
	if m.node, err = cluster.New(settings); err != nil {
		_ = m.listener.Close()
		return nil, fmt.Errorf("cannot use the section cluster: %w", err)
	}
	return m, nil
}

// readCluster reads the files that the section names. The first of the keys signs.
func readCluster(c config.Cluster, keys []resume.Key) (settings cluster.Config, err error) {
	settings = cluster.Config{
		Directory: directory.Config{User: c.EtcdUser, Prefix: c.EtcdPrefix},
		Name:      c.Name,
		Advertise: c.At(),
		Version:   version(),
		Window:    protocol.Window * time.Second,
	}
	for _, k := range keys {
		settings.Keys = append(settings.Keys, k.Name())
	}
	for _, u := range c.Etcd {
		settings.Directory.Endpoints = append(settings.Directory.Endpoints, string(u))
	}
	if settings.Key, err = resume.ReadKey(string(c.SecretFile)); err != nil {
		return settings, fmt.Errorf("cannot read the file of --cluster-secret-file: %w", err)
	}
	if c.EtcdPasswordFile != "" {
		password, err := c.EtcdPasswordFile.Read()
		if err != nil {
			return settings, fmt.Errorf("cannot read the file of --cluster-etcd-password-file: %w", err)
		}
		settings.Directory.Password = string(password)
	}
	if c.EtcdCAFile != "" {
		roots, err := readRoots(c.EtcdCAFile, "--cluster-etcd-ca-file")
		if err != nil {
			return settings, err
		}
		settings.Directory.TLS = &tls.Config{RootCAs: roots}
	}
	if c.EtcdCertFile != "" {
		if settings.Certificate, err = certs.OpenFiles(c.EtcdCertFile, string(c.EtcdKeyFile)); err != nil {
			return settings, fmt.Errorf("cannot use the files of --cluster-etcd-cert-file and --cluster-etcd-key-file: %w", err)
		}
		if settings.Directory.TLS == nil {
			settings.Directory.TLS = new(tls.Config)
		}
		settings.Directory.TLS.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			return settings.Certificate.GetCertificate(nil)
		}
	}
	if c.CertFile != "" {
		if settings.TLS, err = forward.OpenTLS(c.CertFile, string(c.KeyFile), c.CAFile, c.Members); err != nil {
			return settings, fmt.Errorf("cannot use the files of the section cluster: %w", err)
		}
	}
	return settings, nil
}

// checkWithin bounds checkCluster.
const checkWithin = 10 * time.Second

// checkCluster reaches etcd and the other nodes, and enters nothing. It returns which nodes it has
// reached, and sentences about what may become wrong.
func checkCluster(c *config.Config) (reached, warnings []string, err error) {
	keys, err := readKeys(keyFiles(c))
	if err != nil {
		keys = nil // serve makes one, or checkFiles says what is wrong
	}
	settings, err := readCluster(c.Cluster, keys)
	if err != nil {
		return nil, nil, err
	}
	settings.Log = slog.New(slog.DiscardHandler)
	ctx, cancel := context.WithTimeout(context.Background(), checkWithin)
	defer cancel()
	reached, wrong, warnings := cluster.Check(ctx, settings)
	for i, err := range wrong { // one line each
		wrong[i] = errors.New(strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	return reached, warnings, errors.Join(wrong...)
}

// writeCluster writes as comments what checkCluster has found.
func writeCluster(out io.Writer, reached, warnings []string) error {
	text := "\n# etcd answers; no other node of the cluster runs\n"
	if len(reached) > 0 {
		text = fmt.Sprintf("\n# etcd answers, and so do these nodes: %s\n", strings.Join(reached, ", "))
	}
	for _, w := range warnings {
		text += "# " + w + "\n"
	}
	_, err := io.WriteString(out, text)
	return err
}

// clusterStep reaches etcd and the other nodes.
func clusterStep(c *config.Config) doctor.Result {
	reached, warnings, err := checkCluster(c)
	if err != nil {
		return doctor.Fail("the cluster is not whole: "+err.Error(), "change the named setting on the machine that the sentence names, then restart relayd there")
	}
	return doctor.Passed("etcd answers, and %d other nodes%s", len(reached), strings.Join(append([]string{""}, warnings...), "; "))
}

// cluster is what a relay asks about rooms.
func (m *membership) cluster() relay.Cluster {
	if m == nil {
		return nil
	}
	return m.node
}

// nameKey is the key of the names of rooms, nil for a relay that is alone.
func (m *membership) nameKey() []byte {
	if m == nil {
		return nil
	}
	return m.names
}

// nodes is what an operator sees of the cluster, nil for a relay that is alone.
func (m *membership) nodes() *cluster.Node {
	if m == nil {
		return nil
	}
	return m.node
}

// enter enters the cluster, before the relay serves peers.
func (m *membership) enter(ctx context.Context, r *relay.Relay) error {
	if m == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, enterWithin)
	defer cancel()
	if err := m.node.Start(ctx, r, m.listener); err != nil {
		if ctx.Err() != nil {
			err = fmt.Errorf("etcd has not let this node in within %v: %w", enterWithin, err)
		}
		return fmt.Errorf("cannot enter the cluster: %w", err)
	}
	return nil
}

// drain drains the relay, whether it is alone or not. A process whose name another one has does not
// drain: it must not serve peers any longer (N4).
func (m *membership) drain(ctx context.Context, r *relay.Relay, within time.Duration) {
	switch {
	case m == nil:
		_ = r.Drain(ctx, within)
	case !m.replaced.Load():
		_ = m.node.Drain(ctx, within)
	}
}

// close leaves the cluster, after the relay's Shutdown.
func (m *membership) close(ctx context.Context) {
	if m != nil {
		m.node.Close(ctx)
		_ = m.listener.Close()
	}
}

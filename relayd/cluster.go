package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/cluster"
	"github.com/sebas642/intercessor/relayd/cluster/directory"
	"github.com/sebas642/intercessor/relayd/cluster/forward"
	"github.com/sebas642/intercessor/relayd/config"
	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/sebas642/intercessor/relayd/resume"
)

// enterWithin bounds how long a node takes to enter its cluster.
const enterWithin = 10 * time.Second

// membership is this relay's part in a cluster. The nil membership is of a relay that is alone.
type membership struct {
	node     *cluster.Node
	listener net.Listener
}

// openCluster returns nil if the configuration names no cluster. Nothing is served yet. peers is how
// many this node may have, end ends relayd.
func openCluster(c config.Cluster, peers int, end func(), log *slog.Logger) (*membership, error) {
	if !c.Enabled() {
		return nil, nil
	}
	settings, err := readCluster(c)
	if err != nil {
		return nil, err
	}
	settings.Log, settings.Forwards = log, peers
	settings.End = func(err error) {
		log.Error("this process ends", "error", err)
		end()
	}
	listener, err := listenTCP(string(c.Listen), "--cluster-listen")
	if err != nil {
		return nil, err
	}
	settings.Advertise = string(cmp.Or(c.Advertise, config.Address(listener.Addr().String())))
	node, err := cluster.New(settings)
	if err != nil {
		_ = listener.Close()
		return nil, fmt.Errorf("cannot use the section cluster: %w", err)
	}
	return &membership{node, listener}, nil
}

// readCluster reads the files that the section names.
func readCluster(c config.Cluster) (settings cluster.Config, err error) {
	settings = cluster.Config{
		Directory: directory.Config{User: c.EtcdUser, Prefix: c.EtcdPrefix},
		Name:      c.Name,
		Window:    protocol.Window * time.Second,
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
	if c.CertFile != "" {
		if settings.TLS, err = forward.OpenTLS(c.CertFile, string(c.KeyFile), c.CAFile, c.Members); err != nil {
			return settings, fmt.Errorf("cannot use the files of the section cluster: %w", err)
		}
	}
	return settings, nil
}

// cluster is what a relay asks about rooms.
func (m *membership) cluster() relay.Cluster {
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
		return fmt.Errorf("cannot enter the cluster: %w", err)
	}
	return nil
}

// drain drains the relay, whether it is alone or not.
func (m *membership) drain(ctx context.Context, r *relay.Relay, within time.Duration) {
	if m == nil {
		_ = r.Drain(ctx, within)
	} else {
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

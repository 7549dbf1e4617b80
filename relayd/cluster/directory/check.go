package directory

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"sync"
	"syscall"

	"github.com/coreos/go-semver/semver"
	clientv3 "go.etcd.io/etcd/client/v3"
	"google.golang.org/grpc"
)

// Check asks each of etcd's servers, and asks whether the user may do what a node does, and writes
// nothing. Each error is a sentence with the setting to change. Warnings are about servers that
// work, but have a bug that a node can meet.
func Check(ctx context.Context, c Config) (wrong []error, warnings []string) {
	c.Prefix = cmp.Or(c.Prefix, defaultPrefix)
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	var mu sync.Mutex
	var all sync.WaitGroup
	for _, endpoint := range c.Endpoints {
		all.Go(func() {
			version, err := reach(ctx, c, endpoint)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err != nil:
				wrong = append(wrong, err)
			case version.LessThan(*least):
				wrong = append(wrong, Refusal{fmt.Errorf("etcd at %s is version %s: a cluster needs at least 3.4", endpoint, version)})
			case isOutdated(version.String()):
				warnings = append(warnings, fmt.Sprintf("etcd at %s is version %s, which can end leases that were renewed: update it to 3.4.31, 3.5.13 or later", endpoint, version))
			}
		})
	}
	all.Wait()
	if len(wrong) == 0 {
		if err := mayWrite(ctx, c); err != nil {
			wrong = append(wrong, err)
		}
	}
	return wrong, warnings
}

// reach connects to one server, which gRPC does without telling why it cannot, and asks for its
// version.
func reach(ctx context.Context, c Config, endpoint string) (version *semver.Version, err error) {
	u, err := url.Parse(endpoint)
	if err != nil {
		return nil, fmt.Errorf("cluster.etcd: %w", err)
	}
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", u.Host)
	if err != nil {
		return nil, fmt.Errorf("etcd at %s does not answer: %s; start it, or correct cluster.etcd", endpoint, shortly(err))
	}
	defer func() { _ = conn.Close() }()
	if u.Scheme == "https" {
		secure := new(tls.Config)
		if c.TLS != nil {
			secure = c.TLS.Clone()
		}
		secure.ServerName = u.Hostname()
		secure.NextProtos = []string{"h2"}
		client := tls.Client(conn, secure)
		err := client.HandshakeContext(ctx)
		if err == nil {
			err = isAccepted(ctx, client, secure.GetClientCertificate != nil || len(secure.Certificates) > 0)
		} else if errors.Is(err, context.DeadlineExceeded) {
			return nil, fmt.Errorf("etcd at %s accepts connections but does not answer: look at its log, and whether cluster.etcd has the right port", endpoint)
		} else {
			err = distrust(err)
		}
		if err != nil {
			return nil, fmt.Errorf("etcd at %s: %w", endpoint, err)
		}
	}
	only := c
	only.Endpoints = []string{endpoint}
	client, err := dial(only, nil)
	if err != nil {
		return nil, err
	}
	defer func() { _ = client.Close() }()
	status, err := client.Status(ctx, endpoint)
	if err != nil {
		return nil, fmt.Errorf("what answers at %s is not etcd, or etcd has no quorum: %w; look at its log, and whether cluster.etcd has the right port and https", endpoint, err)
	}
	if status.Leader == 0 {
		return nil, fmt.Errorf("etcd at %s has no leader: most of its members must run", endpoint)
	}
	return semver.NewVersion(status.Version)
}

// isAccepted returns an error if etcd refuses this side's certificate, or that there is none. In TLS 1.3
// it says so after the handshake, in place of its first bytes of HTTP/2.
func isAccepted(ctx context.Context, conn *tls.Conn, shown bool) error {
	if deadline, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(deadline)
	}
	_, err := conn.Write([]byte("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"))
	if err == nil {
		_, err = conn.Read(make([]byte, 1))
	}
	var op *net.OpError
	switch {
	case !errors.As(err, &op) || op.Op != "remote error": // none, or gRPC meets it, too
		return nil
	case shown:
		return Refusal{fmt.Errorf("it does not accept the certificate of cluster.etcd_cert_file, which must be valid for clients and signed by an authority of etcd's --trusted-ca-file: %w", err)}
	}
	return Refusal{fmt.Errorf("it asks for a certificate: set cluster.etcd_cert_file and cluster.etcd_key_file: %w", err)}
}

// distrust says which setting a failed handshake of TLS is about.
func distrust(err error) error {
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	var record tls.RecordHeaderError
	switch {
	case errors.As(err, &unknown):
		return Refusal{fmt.Errorf("its certificate is not signed by an authority that this machine or cluster.etcd_ca_file names: %w", err)}
	case errors.As(err, &name):
		return Refusal{fmt.Errorf("its certificate is for another name: correct cluster.etcd, or the certificate: %w", err)}
	case errors.As(err, new(x509.CertificateInvalidError)):
		return Refusal{fmt.Errorf("its certificate cannot be used: %w", err)}
	case errors.As(err, &record):
		return Refusal{fmt.Errorf("%s: %w", noTLS, err)}
	case errors.Is(err, io.EOF), errors.Is(err, syscall.ECONNRESET): // or it ends just now
		return fmt.Errorf("%s: %w", noTLS, err)
	}
	return fmt.Errorf("TLS fails: %w", err)
}

const noTLS = "it does not speak TLS: write http:// in cluster.etcd, or give etcd a certificate"

// mayWrite asks for a write whose condition cannot be true. etcd checks permissions before the
// condition.
func mayWrite(ctx context.Context, c Config) error {
	var options []grpc.DialOption
	if c.User != "" {
		options = newLogin(c).options()
	}
	client, err := dial(c, options)
	if err != nil {
		return err
	}
	defer func() { _ = client.Close() }()
	if c.User != "" {
		_, err = client.Authenticate(ctx, c.User, c.Password)
	}
	if err == nil {
		_, err = client.Txn(ctx).If(clientv3.Compare(clientv3.Version(c.Prefix), "<", 0)).
			Then(clientv3.OpDelete(c.Prefix, clientv3.WithPrefix())).
			Else(clientv3.OpGet(c.Prefix, clientv3.WithPrefix(), clientv3.WithCountOnly())).Commit()
	}
	if err = c.explain(err); err == nil || IsRefusal(err) {
		return err
	}
	return fmt.Errorf("etcd does not answer a read: %w; most of its members must run", err)
}

// shortly leaves out the address, which the sentence has already.
func shortly(err error) string {
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case errors.Is(err, context.DeadlineExceeded):
		return "no answer in time"
	}
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err.Error()
	}
	return strings.TrimSpace(err.Error())
}

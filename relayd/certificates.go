package main

import (
	"context"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/sebas642/intercessor/relayd/certs"
	"github.com/sebas642/intercessor/relayd/config"
	"github.com/sebas642/intercessor/relayd/textfile"
)

// lookAtFiles is the interval at which certificate files are checked for changes.
const lookAtFiles = 10 * time.Second

// certificates are the certificates of a relay with TLS and the functions that keep them valid.
type certificates struct {
	certs.Source
	secure   func(host string) bool          // browsers accept the certificate for this host
	reload   func() error                    // at SIGHUP
	tend     func(ctx context.Context)       // until the context ends
	answers  func(http.Handler) http.Handler // what comes to the plain address first
	failures *atomic.Uint64                  // of tend
}

// openCertificates returns nil for a relay without TLS.
func openCertificates(c *config.Config, log *slog.Logger) (*certificates, error) {
	switch {
	case c.TLS.CertFile != "":
		files, err := certs.OpenFiles(c.TLS.CertFile, string(c.TLS.KeyFile))
		if err == nil {
			err = covers(files, c.TURN)
		}
		if err != nil {
			return nil, err
		}
		return fromFiles(files, log), nil
	case c.TLS.SelfSigned:
		return selfSigned(c, log)
	case len(c.TLS.ACME.Hosts) > 0:
		return fromACME(c, log)
	}
	return nil, nil
}

// covers returns an error if peers could not use TLS with a host of the TURN server.
func covers(shown certs.Source, c config.TURN) error {
	for _, host := range c.Hosts {
		if !shown.Serves(strings.Trim(host, "[]")) {
			return fmt.Errorf("turn.hosts has %s, for which the certificate of tls.cert_file is not valid: use another certificate, or name another host", host)
		}
	}
	return nil
}

func fromFiles(files *certs.Files, log *slog.Logger) *certificates {
	failures := new(atomic.Uint64)
	report := func(err error) {
		if err != nil {
			failures.Add(1)
			log.Error("certificate unchanged: the new one has a mistake", "error", err)
			return
		}
		log.Info("certificate reloaded", "ends", files.NotAfter())
	}
	return &certificates{
		Source:   files,
		secure:   func(host string) bool { return files.Serves(host) && !files.IsSelfSigned() },
		reload:   files.Reload,
		tend:     func(ctx context.Context) { files.Watch(ctx, lookAtFiles, report) },
		answers:  func(next http.Handler) http.Handler { return next },
		failures: failures,
	}
}

func selfSigned(c *config.Config, log *slog.Logger) (*certificates, error) {
	folder, err := stateDir(c)
	if err != nil {
		return nil, fmt.Errorf("cannot keep the self-signed certificate: %w; name a folder with --state-dir", err)
	}
	var hosts []string
	if host, _, _ := net.SplitHostPort(string(c.Listen)); host != "" && !isUnspecified(host) {
		hosts = append(hosts, host)
	}
	files, err := certs.SelfSigned(folder, hosts...)
	if err != nil {
		return nil, fmt.Errorf("cannot keep the self-signed certificate in the folder of --state-dir: %w", err)
	}
	log.Warn("self-signed certificate, for development only: compare its fingerprint", "sha256", files.Fingerprint())
	return fromFiles(files, log), nil
}

func isUnspecified(host string) bool {
	address := net.ParseIP(host)
	return address != nil && address.IsUnspecified()
}

func fromACME(c *config.Config, log *slog.Logger) (*certificates, error) {
	folder, err := stateDir(c)
	if err != nil {
		return nil, fmt.Errorf("cannot keep certificates: %w; name a folder with --state-dir", err)
	}
	roots, err := readRoots(c.TLS.ACME.CAFile, "--tls-acme-ca-file")
	if err != nil {
		return nil, err
	}
	failures := new(atomic.Uint64)
	acme, err := certs.NewACME(certs.ACMEConfig{
		Hosts:     c.TLS.ACME.Hosts,
		Email:     c.TLS.ACME.Email,
		Directory: string(c.TLS.ACME.DirectoryURL),
		Roots:     roots,
		Folder:    filepath.Join(folder, "acme"),
		HTTP:      c.TLS.PlainListen != "",
		Report: func(host string, err error) {
			if err != nil {
				failures.Add(1)
				log.Error("cannot get a certificate; relayd tries again and uses the old one, if any", "host", host, "error", err)
				return
			}
			log.Info("got a certificate", "host", host)
		},
	})
	if err != nil {
		return nil, err
	}
	return &certificates{Source: acme, secure: acme.Serves, reload: func() error { return nil }, tend: acme.Run, answers: acme.Challenges, failures: failures}, nil
}

// readRoots returns nil, which means the system's roots, if no file is named.
func readRoots(file, flag string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	text, err := textfile.Read(file, maxTextFile)
	if err != nil {
		return nil, fmt.Errorf("cannot read the file of %s: %w", flag, err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("there is no certificate in the file of %s: %s", flag, file)
	}
	return roots, nil
}

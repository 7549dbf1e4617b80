package certs

import (
	"bytes"
	"context"
	"crypto/tls"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// Files serves the certificate in a file. It replaces the certificate when the file
// changes or Reload is called, and keeps the old one until the new one is valid.
type Files struct {
	certFile, keyFile string

	served atomic.Pointer[tls.Certificate]

	mu   sync.Mutex // held while the files are read
	seen [2]os.FileInfo
}

// OpenFiles reads a certificate with its chain, and its key, both in PEM; one file may
// hold both. The key's file must be private (secret.ErrExposed). The certificate must
// be valid now ([ErrExpired], [ErrTooSoon]) and belong to the key ([ErrPair]).
func OpenFiles(certFile, keyFile string) (*Files, error) {
	f := &Files{certFile: certFile, keyFile: keyFile}
	if err := f.Reload(); err != nil {
		return nil, err
	}
	return f, nil
}

// Reload reads the files. Its errors are those of [OpenFiles]. After an error the old
// certificate stays in use. Established connections are not affected.
func (f *Files) Reload() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.seen = f.look() // before reading, so that a write during the read is noticed
	pair, err := readPair(f.certFile, f.keyFile)
	if err == nil {
		err = current(pair.Leaf, time.Now())
	}
	if err != nil {
		// Watch reads them again even if they seem unchanged: file times are too coarse to reveal a
		// file that was read while it was written.
		f.seen = [2]os.FileInfo{}
		return err
	}
	f.served.Store(pair)
	return nil
}

// Watch checks the files at this interval and reloads them when they have changed: see [Watch].
func (f *Files) Watch(ctx context.Context, every time.Duration, report func(error)) {
	Watch(ctx, every, func() (bool, error) {
		if !f.changed() {
			return false, nil
		}
		return true, f.Reload()
	}, report)
}

// Watch calls reload at this interval until the context ends. It reports each error unless the one
// before was the same, and nil after reload has found a change.
func Watch(ctx context.Context, every time.Duration, reload func() (changed bool, err error), report func(error)) {
	ticks := time.NewTicker(every)
	defer ticks.Stop()
	wrong := ""
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
		}
		switch changed, err := reload(); {
		case err != nil:
			if err.Error() != wrong {
				wrong = err.Error()
				report(err)
			}
		case changed:
			wrong = ""
			report(nil)
		default:
			wrong = ""
		}
	}
}

func (f *Files) changed() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, now := range f.look() {
		before := f.seen[i]
		if now == nil || before == nil || !os.SameFile(now, before) || now.Size() != before.Size() || !now.ModTime().Equal(before.ModTime()) {
			return true
		}
	}
	return false
}

// look returns nil for a file that does not exist.
func (f *Files) look() (found [2]os.FileInfo) {
	found[0], _ = os.Stat(f.certFile)
	found[1], _ = os.Stat(f.keyFile)
	return found
}

// GetCertificate returns the one certificate, whatever host the client asks for.
func (f *Files) GetCertificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	return f.served.Load(), nil
}

// Serves implements [Source].
func (f *Files) Serves(host string) bool {
	return f.served.Load().Leaf.VerifyHostname(host) == nil
}

// IsSelfSigned reports whether the certificate was signed with its own key, so that browsers do
// not accept it.
func (f *Files) IsSelfSigned() bool {
	leaf := f.served.Load().Leaf
	return bytes.Equal(leaf.RawIssuer, leaf.RawSubject)
}

// NotAfter implements [Source].
func (f *Files) NotAfter() time.Time { return f.served.Load().Leaf.NotAfter }

// Fingerprint returns the SHA-256 of the certificate as browsers show it.
func (f *Files) Fingerprint() string { return Fingerprint(f.served.Load().Leaf) }

package certs

import (
	"context"
	"crypto/tls"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// Files shows the certificate of a file, and takes another one when the file changes
// or it is told to. It keeps the one it has until there is a better one.
type Files struct {
	certFile, keyFile string

	served atomic.Pointer[tls.Certificate]

	mu   sync.Mutex // one reads at a time
	seen [2]os.FileInfo
}

// OpenFiles reads a certificate with its chain, and its key, both in PEM; one file may
// hold both. The key's file has to be private (secret.ErrExposed), the certificate
// has to be valid now ([ErrExpired], [ErrTooSoon]) and that of the key ([ErrPair]).
func OpenFiles(certFile, keyFile string) (*Files, error) {
	f := &Files{certFile: certFile, keyFile: keyFile}
	if err := f.Reload(); err != nil {
		return nil, err
	}
	return f, nil
}

// Reload reads the files. Its errors are those of [OpenFiles]; with an error, what was
// shown before goes on to be shown. Connections that are there notice nothing.
func (f *Files) Reload() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.seen = f.look() // before reading, so that what is written meanwhile is noticed
	pair, err := readPair(f.certFile, f.keyFile)
	if err != nil {
		return err
	}
	if err := current(pair.Leaf, time.Now()); err != nil {
		return err
	}
	f.served.Store(pair)
	return nil
}

// Watch looks at the files every so often and reloads them when they have changed,
// until the context ends. It reports each reload: nil, or what is wrong, once for as
// long as the same is wrong.
func (f *Files) Watch(ctx context.Context, every time.Duration, report func(error)) {
	ticks := time.NewTicker(every)
	defer ticks.Stop()
	wrong := ""
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
		}
		// What is wrong is looked at again even where nothing seems to have changed: the
		// times of files are too coarse to tell one that was read while it was written.
		if wrong == "" && !f.changed() {
			continue
		}
		err := f.Reload()
		if err == nil {
			wrong = ""
			report(nil)
		} else if err.Error() != wrong {
			wrong = err.Error()
			report(err)
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

// look gives nil for a file that is not there.
func (f *Files) look() (found [2]os.FileInfo) {
	found[0], _ = os.Stat(f.certFile)
	found[1], _ = os.Stat(f.keyFile)
	return found
}

// GetCertificate shows the one certificate to everybody.
func (f *Files) GetCertificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	return f.served.Load(), nil
}

// Serves is defined by [Source].
func (f *Files) Serves(host string) bool {
	return f.served.Load().Leaf.VerifyHostname(host) == nil
}

// NotAfter is defined by [Source].
func (f *Files) NotAfter() time.Time { return f.served.Load().Leaf.NotAfter }

// Fingerprint is the SHA-256 of the certificate as browsers show it.
func (f *Files) Fingerprint() string { return Fingerprint(f.served.Load().Leaf) }

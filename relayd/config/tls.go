package config

import (
	"crypto/tls"
	"net/mail"

	"github.com/sebas642/intercessor/relayd/certs"
	"github.com/sebas642/intercessor/relayd/edge"
)

// TLS is where certificates come from.
type TLS struct {
	CertFile    string     `key:"cert_file" arg:"file" doc:"The certificate with its chain, in PEM. It is reloaded when it changes, and on SIGHUP. If it cannot be used, the old one stays in use."`
	KeyFile     SecretFile `key:"key_file" arg:"file" doc:"The key of that certificate, in PEM."`
	SelfSigned  bool       `key:"self_signed" doc:"For development: a self-signed certificate for localhost and the address that relayd listens on. The log has its fingerprint. It is kept in the state folder, so that a browser asks once."`
	MinVersion  string     `key:"min_version" arg:"version" default:"1.2" enum:"1.2,1.3" doc:"The lowest version of TLS."`
	PlainListen Address    `key:"plain_listen" arg:"address" doc:"A second address without TLS, usually :80, which redirects browsers to TLS and answers the ACME server; none by default."`
	ACME        ACME       `key:"acme" doc:"Certificates from an ACME server such as Let's Encrypt. It must reach relayd on port 443 of the hosts, or on port 80 with plain_listen. By using it you agree to the server's terms of service."`
}

// ACME is how an ACME server is asked for certificates.
type ACME struct {
	Hosts        []string `key:"hosts" flag:"tls-acme-host" arg:"host" doc:"relayd's names, each as relay.example.org. It gets a certificate for each, and renews it when a third of its lifetime is left."`
	Email        string   `key:"email" arg:"address" doc:"The operator's e-mail address, for the ACME server."`
	DirectoryURL URL      `key:"directory_url" arg:"url" default:"https://acme-v02.api.letsencrypt.org/directory" doc:"The ACME server's directory."`
	CAFile       string   `key:"ca_file" arg:"file" doc:"The certificates that the ACME server's own certificate is verified with, in PEM, instead of this machine's: for a private CA."`
}

// Proxy is who stands in front of relayd.
type Proxy struct {
	Trusted  []string      `key:"trusted" arg:"address" doc:"Addresses and prefixes of the proxies, each as 192.0.2.7 or 10.0.0.0/8. Others cannot report a client's address."`
	Protocol edge.Protocol `key:"protocol" arg:"name" default:"x-forwarded-for" enum:"x-forwarded-for,forwarded,proxy-protocol" doc:"How they pass a client's address: the header X-Forwarded-For, the header Forwarded (RFC 7239), or the PROXY protocol, version 1 or 2, which must then begin each of their connections. Choose the one that they write: they forward the others as their clients wrote them."`
}

// Enabled reports whether relayd speaks TLS.
func (t *TLS) Enabled() bool { return t.CertFile != "" || t.SelfSigned || len(t.ACME.Hosts) > 0 }

// Version returns MinVersion as a constant of crypto/tls.
func (t *TLS) Version() uint16 {
	if t.MinVersion == "1.3" {
		return tls.VersionTLS13
	}
	return tls.VersionTLS12
}

func (t *TLS) check(report func(key, why string)) {
	switch {
	case t.CertFile != "" && t.KeyFile == "":
		report("cert_file", "needs tls.key_file beside it")
	case t.CertFile == "" && t.KeyFile != "":
		report("key_file", "needs tls.cert_file beside it")
	}
	if t.SelfSigned && t.CertFile != "" {
		report("self_signed", "is for relays without tls.cert_file")
	}
	if len(t.ACME.Hosts) > 0 && (t.CertFile != "" || t.SelfSigned) {
		report("acme.hosts", "is for relays without tls.cert_file and tls.self_signed")
	}
	if t.PlainListen != "" && !t.Enabled() {
		report("plain_listen", "has nowhere to redirect to without TLS: set tls.cert_file, tls.self_signed or tls.acme.hosts, or remove it")
	}
	if !isDefault("tls.min_version", t.MinVersion) && !t.Enabled() {
		report("min_version", "is for a relay with TLS: set tls.cert_file, tls.self_signed or tls.acme.hosts")
	}
	if len(t.ACME.Hosts) > 0 {
		if err := certs.CheckHosts(t.ACME.Hosts); err != nil {
			report("acme.hosts", err.Error())
		}
	}
}

func (a *ACME) check(report func(key, why string)) {
	const none = "is for the ACME server, which is asked only where tls.acme.hosts is set"
	given := map[string]bool{"email": a.Email != "", "ca_file": a.CAFile != "", "directory_url": !isDefault("tls.acme.directory_url", a.DirectoryURL)}
	for key, given := range given {
		if given && len(a.Hosts) == 0 {
			report(key, none)
		}
	}
	if address, err := mail.ParseAddress(a.Email); a.Email != "" && (err != nil || address.Address != a.Email) {
		report("email", "must be an address of electronic mail, as admin@example.org")
	}
}

func (p *Proxy) check(report func(key, why string)) {
	if !isDefault("proxy.protocol", p.Protocol) && len(p.Trusted) == 0 {
		report("protocol", "is read from trusted proxies alone: name them in proxy.trusted")
	}
	if _, err := edge.NewProxies(p.Trusted, p.Protocol); err != nil {
		report("trusted", err.Error())
	}
}

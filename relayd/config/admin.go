package config

import (
	"net"
	"net/netip"
)

// Admin is the operator's own listener.
type Admin struct {
	Listen    Address    `key:"listen" arg:"address" doc:"The operator's address, as 127.0.0.1:9090; none by default. An address that other machines can reach needs admin.token_file, and a proxy with TLS in front."`
	TokenFile SecretFile `key:"token_file" arg:"file" doc:"A file with the token of the operator's requests (Authorization: Bearer TOKEN), as openssl rand -base64 32 prints it. Without it the admin API is read-only."`
}

func (a *Admin) check(report func(key, why string)) {
	if a.Listen == "" {
		if a.TokenFile != "" {
			report("token_file", "is for the listener of admin.listen, of which there is none")
		}
		return
	}
	host, _, _ := net.SplitHostPort(string(a.Listen))
	if address, _ := netip.ParseAddr(host); !address.IsLoopback() && host != "localhost" && a.TokenFile == "" {
		report("listen", "can be reached by other machines: it needs admin.token_file, or a loopback address as 127.0.0.1:9090")
	}
}

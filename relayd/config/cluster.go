package config

import (
	"net"
	"net/netip"
	"strings"
)

// Cluster is how several relayd processes are one relay.
type Cluster struct {
	Name       string     `key:"name" arg:"name" doc:"The name of this node, which no other has: letters, digits, dots, hyphens and underscores. It stays the same when relayd starts again. With it relayd is part of a cluster."`
	Listen     Address    `key:"listen" arg:"address" doc:"The address on which the other nodes reach this one, in a network of their own."`
	Advertise  Address    `key:"advertise" arg:"address" doc:"That address as the others dial it, if it is not the one of listen: a host and a port."`
	SecretFile SecretFile `key:"secret_file" arg:"file" doc:"A file with a secret that all nodes share, 32 bytes in base64, as openssl rand -base64 32 prints them."`
	CertFile   string     `key:"cert_file" arg:"file" doc:"The certificate of this node with its chain, in PEM. Without it all nodes must be on this machine. It is reloaded when it changes."`
	KeyFile    SecretFile `key:"key_file" arg:"file" doc:"The key of that certificate, in PEM."`
	CAFile     string     `key:"ca_file" arg:"file" doc:"The certificates with which those of the other nodes are verified, in PEM."`
	Members    []string   `key:"members" flag:"cluster-member" arg:"name" doc:"The DNS names or IP addresses for which the nodes' certificates are valid."`

	Etcd             []URL      `key:"etcd" arg:"url" doc:"The etcd servers that know where each room is, each as https://etcd-1.example:2379."`
	EtcdPrefix       string     `key:"etcd_prefix" arg:"text" default:"intercessor/" doc:"What the names of all keys in etcd begin with. Who may write there can hide rooms."`
	EtcdUser         string     `key:"etcd_user" arg:"name" doc:"The user of etcd, if it asks for one."`
	EtcdPasswordFile SecretFile `key:"etcd_password_file" arg:"file" doc:"A file with that user's password."`
	EtcdCAFile       string     `key:"etcd_ca_file" arg:"file" doc:"The certificates with which etcd's own is verified, in PEM, instead of this machine's."`
	EtcdCertFile     string     `key:"etcd_cert_file" arg:"file" doc:"The certificate of this node for etcd with its chain, in PEM, if etcd asks for one. It is reloaded when it changes."`
	EtcdKeyFile      SecretFile `key:"etcd_key_file" arg:"file" doc:"The key of that certificate, in PEM."`
}

// Enabled reports whether this relay is one of several nodes.
func (c *Cluster) Enabled() bool { return c.Name != "" }

// At returns the address that other nodes dial.
func (c *Cluster) At() string {
	if c.Advertise != "" {
		return string(c.Advertise)
	}
	return string(c.Listen)
}

func (c *Cluster) check(report func(key, why string)) {
	if !c.Enabled() {
		if c.Listen != "" || c.Advertise != "" || c.SecretFile != "" || c.CertFile != "" || c.KeyFile != "" || c.CAFile != "" || len(c.Members) > 0 ||
			len(c.Etcd) > 0 || c.EtcdUser != "" || c.EtcdPasswordFile != "" || c.EtcdCAFile != "" || c.EtcdCertFile != "" || c.EtcdKeyFile != "" || !isDefault("cluster.etcd_prefix", c.EtcdPrefix) {
			report("name", "must be set for the other settings of [cluster] to have an effect")
		}
		return
	}
	if c.Listen == "" {
		report("listen", "must be set, as 10.0.0.1:8001: the other nodes connect to it")
	}
	if c.SecretFile == "" {
		report("secret_file", "must be set: the nodes know each other by it")
	}
	if len(c.Etcd) == 0 {
		report("etcd", "must name at least one etcd server")
	}
	for _, u := range c.Etcd {
		if c.EtcdCAFile != "" && strings.HasPrefix(string(u), "http://") {
			report("etcd_ca_file", "verifies the certificates of https, and "+string(u)+" has none")
		}
		if c.EtcdCertFile != "" && strings.HasPrefix(string(u), "http://") {
			report("etcd_cert_file", "is for https, and "+string(u)+" is without")
		}
	}
	if (c.EtcdCertFile == "") != (c.EtcdKeyFile == "") {
		report("etcd_cert_file", "and cluster.etcd_key_file belong together: set both or neither")
	}
	if (c.EtcdUser == "") != (c.EtcdPasswordFile == "") {
		report("etcd_user", "and cluster.etcd_password_file belong together: set both or neither")
	}
	c.checkAddresses(report)
}

// checkAddresses reports what keeps the nodes from reaching each other.
func (c *Cluster) checkAddresses(report func(key, why string)) {
	host, _, _ := net.SplitHostPort(c.At())
	if address, err := netip.ParseAddr(host); c.Listen != "" && (host == "" || err == nil && address.IsUnspecified()) {
		report("advertise", "must name the address that the other nodes dial, where cluster.listen is every interface")
	}
	if _, port, _ := net.SplitHostPort(string(c.Advertise)); port == "0" {
		report("advertise", "must have the port that the other nodes dial")
	}
	secure := c.CertFile != "" || c.KeyFile != "" || c.CAFile != "" || len(c.Members) > 0
	switch {
	case secure && (c.CertFile == "" || c.KeyFile == "" || c.CAFile == "" || len(c.Members) == 0):
		report("cert_file", "belongs together with cluster.key_file, cluster.ca_file and cluster.members: set all of them or none")
	case !secure && c.Listen != "":
		on, _, _ := net.SplitHostPort(string(c.Listen))
		if address, _ := netip.ParseAddr(on); !address.IsLoopback() && on != "localhost" {
			report("listen", "can be reached by other machines: it needs cluster.cert_file, cluster.key_file, cluster.ca_file and cluster.members, or a loopback address")
		}
	}
}

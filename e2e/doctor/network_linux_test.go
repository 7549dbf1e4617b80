package doctor_test

import (
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/miekg/dns"
	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/netspace"
	"github.com/sebas642/intercessor/e2e/relayproc"
)

func TestNothingListens(t *testing.T) {
	s := newStage(t)
	s.relay(plain...)
	s.examine("http://relay.test:8080").requireFailed(t, want{"tcp", "nothing listens on TCP port 8080 of 10.0.0.1", "`listen`"})
}

func TestAFirewallDropsTCP(t *testing.T) {
	s := newStage(t)
	s.relay(plain...)
	s.drop("tcp dport 8000")
	s.examine(plainURL).requireFailed(t, want{"tcp", "10.0.0.1:8000 does not answer", "let TCP port 8000 through the firewall"})
}

// drop has the site drop what comes in and matches a rule of nftables.
func (s *stage) drop(rule string) {
	s.t.Helper()
	s.site.Run("nft 'add table inet wall { chain in { type filter hook input priority 0; " + rule + " drop; }; }'")
}

func TestTheNameDoesNotResolve(t *testing.T) {
	s := newStage(t)
	inside := s.nameServer(func(q *dns.Msg) *dns.Msg { return new(dns.Msg).SetRcode(q, dns.RcodeNameError) })
	s.run(s.visitor, inside, s.doctor, "doctor", "--json", "http://nowhere.test").requireFailed(t,
		want{"dns", "the name nowhere.test does not resolve", "add an A record"})
}

func TestTheNameServerIsSilentAboutIPv6(t *testing.T) {
	s := newStage(t)
	s.relay("--listen", ":8000") // without TURN, whose host has that name, too
	s.names(siteIPv4 + " other.test")
	inside := s.nameServer(func(q *dns.Msg) *dns.Msg {
		if q.Question[0].Qtype != dns.TypeA {
			return nil
		}
		answer := new(dns.Msg).SetReply(q)
		answer.Answer = []dns.RR{&dns.A{Hdr: dns.RR_Header{Name: q.Question[0].Name, Rrtype: dns.TypeA, Class: dns.ClassINET}, A: net.ParseIP(siteIPv4)}}
		return answer
	})
	r := s.run(s.visitor, inside, s.doctor, "doctor", "--json", plainURL)
	require.Contains(t, r.step("dns").Cause, "the name server does not answer for AAAA records of relay.test")
	require.Contains(t, r.step("dns").Advice, "have the name servers of relay.test answer")
	require.Equal(t, "ok", r.step("message").Status)
}

// nameServer starts the visitor's name server. A nil answer is none. It returns the beginning of
// a command that uses it.
func (s *stage) nameServer(answer func(*dns.Msg) *dns.Msg) (prefix []string) {
	s.t.Helper()
	var socket net.PacketConn
	s.visitor.Do(func() {
		var err error
		socket, err = net.ListenPacket("udp", "127.0.0.1:53")
		require.NoError(s.t, err)
	})
	server := &dns.Server{PacketConn: socket, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		if m := answer(q); m != nil {
			_ = w.WriteMsg(m)
		}
	})}
	ended := make(chan error, 1)
	go func() { ended <- server.ActivateAndServe() }()
	s.t.Cleanup(func() {
		_ = socket.Close()
		<-ended
	})
	resolv := filepath.Join(s.t.TempDir(), "resolv.conf")
	require.NoError(s.t, os.WriteFile(resolv, []byte("nameserver 127.0.0.1\n"), 0o644))
	return []string{"unshare", "--mount", "sh", "-ec", `mount --bind "$0" /etc/resolv.conf; exec "$@"`, resolv}
}

// The name has an address of IPv6, where a firewall drops all. The rest works.
func TestIPv6IsBroken(t *testing.T) {
	s := newStage(t)
	s.relay(plain...)
	s.names(siteIPv4+" relay.test", siteIPv6+" relay.test")
	s.drop("ip6 daddr " + siteIPv6 + " tcp dport 8000")
	s.examine(plainURL).requireFailed(t, want{"tcp", "relay.test is reachable over IPv4 but not over IPv6", "remove the AAAA record of relay.test"})
}

func TestUDPIsBlocked(t *testing.T) {
	s := newStage(t)
	s.relay(plain...)
	s.drop("udp dport 8000")
	s.examine(plainURL).requireFailed(t, want{"turn udp", "nothing comes back from UDP port 8000 of relay.test", "open UDP port 8000 in the firewall"})
}

// relayd is in a container, whose machine forwards only its TCP port.
func TestTheUDPPortIsNotPublished(t *testing.T) {
	s := newStage(t)
	container := netspace.New(t)
	s.site.Run(`ip link add name bridge type veth peer name eth0 netns ` + container.Path + `
		ip addr add 172.17.0.1/16 dev bridge; ip link set bridge up; echo 1 >/proc/sys/net/ipv4/ip_forward
		nft 'add table ip container { chain in { type nat hook prerouting priority dstnat; iif eth0 tcp dport 8000 dnat to 172.17.0.2; }; }'`)
	container.Run(`ip addr add 172.17.0.2/16 dev eth0; ip link set eth0 up; ip route add default via 172.17.0.1`)
	container.Do(func() { relayproc.StartBinary(t, s.relayd, plain...) })
	s.examine(plainURL).requireFailed(t, want{"turn udp", "nothing listens on UDP port 8000 of relay.test: the port is not published", "-p 8000:8000/udp"})
}

func TestTURNOverTCPIsBlocked(t *testing.T) {
	s := newStage(t)
	s.relay("--listen", ":8000", "--turn-enabled", "--turn-listen", ":3478")
	s.drop("tcp dport 3478")
	s.examine(plainURL).requireFailed(t, want{"turn tcp", "TURN at relay.test:3478 over TCP cannot be reached", "open TCP port 3478 in the firewall"})
}

// The network of the relay has an MTU of 1,280 and carries no fragments. Each side of TCP knows
// it, but packets of UDP are lost.
func TestTheMTUIsSmall(t *testing.T) {
	s := newStage(t)
	s.relay(plain...)
	s.site.Run(`ip link set eth0 mtu 1280`) // what is longer does not come in
	s.drop("ip frag-off & 0x3fff != 0")
	r := s.examine(plainURL)
	require.Contains(t, r.step("mtu").Cause, "UDP packets with 1300 bytes of data are lost on the way", "%+v", r)
	require.Contains(t, r.step("mtu").Advice, "MTU")
	require.Equal(t, "ok", r.step("message").Status)
}

// Nothing tells TCP that large packets are lost.
func TestLargePacketsAreLost(t *testing.T) {
	s := newStage(t)
	s.relay(plain...)
	s.drop("meta length > 1300")
	r := s.examine(plainURL)
	require.Contains(t, r.step("message").Cause, "large packets are lost on the way", "%+v", r)
	require.Contains(t, r.step("message").Advice, "set the MTU of the tunnel or interface")
}

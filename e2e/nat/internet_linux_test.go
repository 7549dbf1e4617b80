package nat_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/netspace"
)

// hosts are the names that every machine knows. Machines on the Internet are 198.18.0.N and
// 2001:db8::N, routers 198.18.1.N and 2001:db8::1:N. A site has 192.168.N.0/24 behind NAT, and
// otherwise 198.19.N.0/24 or a network of 2001:db8::/32. Packets to nowhere vanish.
const hosts = `127.0.0.1 localhost
::1 localhost
198.18.0.10 relay.test
2001:db8::10 relay.test
198.18.0.15 second.test
198.18.0.11 strays.test
198.18.0.12 container.test
2001:db8::12 container.test
198.18.0.13 coturn.test
198.20.0.1 nowhere.test
`

// forwards has a machine forward packets of both families. To ask for its neighbours in the name of
// others it needs link-local addresses, and they are in use at once.
const forwards = `echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
		echo 0 >/proc/sys/net/ipv6/conf/all/accept_dad; echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad`

// An internet joins machines and sites. It knows no private network. Its bridge has an address of
// its own, because another one would change with each site that joins.
type internet struct {
	t      testing.TB
	middle *netspace.Space
	hosts  string // the path of the file
	ports  atomic.Int32
	sites  atomic.Int32
}

func newInternet(t testing.TB) *internet {
	t.Helper()
	i := &internet{t: t, middle: netspace.New(t), hosts: filepath.Join(t.TempDir(), "hosts")}
	require.NoError(t, os.WriteFile(i.hosts, []byte(hosts), 0o644))
	i.middle.Run(forwards + `
		ip link add bridge address 02:00:00:00:00:01 type bridge mcast_snooping 0
		ip link set bridge up
		echo 0 >/proc/sys/net/ipv4/conf/all/send_redirects; echo 0 >/proc/sys/net/ipv4/conf/bridge/send_redirects
		ip addr add 198.18.0.1/16 dev bridge; ip addr add 2001:db8::1/48 dev bridge nodad
		ip route add blackhole default; ip -6 route add blackhole default`)
	return i
}

// plug gives a namespace an interface on the Internet, with addresses, one of which may be "".
func (i *internet) plug(s *netspace.Space, name, ipv4, ipv6 string, mtu int) {
	i.t.Helper()
	port := fmt.Sprint("port", i.ports.Add(1))
	i.middle.Run(fmt.Sprintf(`ip link add %[1]s mtu %[2]d type veth peer name %[3]s mtu %[2]d netns %[4]s
		ip link set %[1]s master bridge up addrgenmode none`, port, mtu, name, s.Path))
	lines := []string{"ip link set " + name + " up"}
	if ipv4 != "" {
		lines = append(lines, "ip addr add "+ipv4+"/16 dev "+name, "ip route add default via 198.18.0.1")
	}
	if ipv6 != "" {
		lines = append(lines, "ip addr add "+ipv6+"/48 dev "+name+" nodad", "ip -6 route add default via 2001:db8::1")
	}
	s.Run(strings.Join(lines, "\n"))
}

// machine adds a machine, which has both families if it has an IPv6 address.
func (i *internet) machine(ipv4, ipv6 string) *netspace.Space {
	i.t.Helper()
	s := netspace.New(i.t)
	s.Hosts = i.hosts
	i.plug(s, "eth0", ipv4, ipv6, 1500)
	return s
}

// A site is a router with one machine behind it.
type site struct {
	kind   kind
	lan    string // the first three bytes of its IPv4 network
	mtu    int    // of the router's way to the Internet
	router *netspace.Space
	host   *netspace.Space
}

// join adds a site of a kind, changed by some functions.
func (i *internet) join(k kind, changes ...func(*site)) *site {
	i.t.Helper()
	n := i.sites.Add(1)
	s := &site{kind: k, lan: fmt.Sprint("192.168.", n), mtu: 1500, router: netspace.New(i.t), host: netspace.New(i.t)}
	if k.translate == notMapped {
		s.lan = fmt.Sprint("198.19.", n)
	}
	for _, change := range changes {
		change(s)
	}
	s.host.Hosts = i.hosts
	wan, wan6, lan6 := "", "", ""
	s.router.Run(forwards + `
		ip link add lan type veth peer name eth0 netns ` + s.host.Path + `
		ip link set lan up`)
	s.host.Run(`ip link set eth0 up addrgenmode none`)
	if k.ipv4 {
		wan = fmt.Sprint("198.18.1.", n)
		s.router.Run(`ip addr add ` + s.lan + `.1/24 dev lan`)
		s.host.Run(`ip addr add ` + s.lan + `.2/24 dev eth0; ip route add default via ` + s.lan + `.1`)
		if k.translate == notMapped {
			i.middle.Run(`ip route add ` + s.lan + `.0/24 via ` + wan)
		}
	}
	if k.ipv6 {
		wan6, lan6 = fmt.Sprintf("2001:db8::1:%x", n), fmt.Sprintf("2001:db8:%x", 0x100+n)
		s.router.Run(`ip addr add ` + lan6 + `::1/64 dev lan nodad`)
		s.host.Run(`ip addr add ` + lan6 + `::2/64 dev eth0 nodad; ip -6 route add default via ` + lan6 + `::1`)
		i.middle.Run(`ip -6 route add ` + lan6 + `::/64 via ` + wan6)
	}
	i.plug(s.router, "wan", wan, wan6, s.mtu)
	s.router.Run("nft -f - <<'END'\n" + s.rules() + "\nEND")
	return s
}

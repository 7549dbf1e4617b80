package nat_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/netspace"
	"github.com/sebas642/intercessor/e2e/relayproc"
)

// TestAContainerWithTwoPublishedPorts: relayd has a root and a network of its own, as in a
// container. Its machine publishes one TCP port and one UDP port of it under another number, and
// lets nothing else in. Two peers behind each kind of network meet as in the matrix.
func TestAContainerWithTwoPublishedPorts(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.startContainer()
	for _, k := range kinds {
		server, client := l.join(k), l.join(k)
		t.Run(k.slug(), func(t *testing.T) {
			t.Parallel()
			url := l.listen(t, server, task{URL: "ws://container.test:443/server"})
			l.dial(t, client, task{URL: url, Want: expected(k, k)})
		})
	}
}

// startContainer starts a relay with plain HTTP at container.test, as `docker run --publish
// 443:8000/tcp --publish 443:8000/udp` would.
func (l *lab) startContainer() {
	l.t.Helper()
	machine, container := l.machine("198.18.0.12", "2001:db8::12"), netspace.New(l.t)
	machine.Run(forwards + `
		ip link add docker0 type veth peer name eth0 netns ` + container.Path + `
		ip link set docker0 up; ip addr add 172.17.0.1/16 dev docker0; ip addr add fd00:17::1/64 dev docker0 nodad
		nft -f - <<'END'
		table inet docker {
			chain prerouting { type nat hook prerouting priority dstnat
				iifname eth0 meta nfproto ipv4 meta l4proto { tcp, udp } th dport 443 dnat ip to 172.17.0.2:8000
				iifname eth0 meta nfproto ipv6 meta l4proto { tcp, udp } th dport 443 dnat ip6 to [fd00:17::2]:8000
			}
			chain postrouting { type nat hook postrouting priority srcnat
				iifname docker0 oifname eth0 masquerade
			}
			chain forward { type filter hook forward priority filter; policy drop
				ct state established,related accept
				ct status dnat accept
			}
			chain input { type filter hook input priority filter; policy drop
				ct state established,related accept
				icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
			}
		}
END`)
	container.Run(`ip link set eth0 up
		ip addr add 172.17.0.2/16 dev eth0; ip route add default via 172.17.0.1
		ip addr add fd00:17::2/64 dev eth0 nodad; ip -6 route add default via fd00:17::1`)

	root := l.t.TempDir()
	require.NoError(l.t, os.Mkdir(filepath.Join(root, "state"), 0o700))
	require.NoError(l.t, os.Link(relayproc.Small(l.t), filepath.Join(root, "relayd")))
	l.write("container", fmt.Appendf(nil, "#!/bin/sh\nexec chroot '%s' /relayd \"$@\"", root))
	require.NoError(l.t, os.Chmod(l.file("container"), 0o700))
	container.Do(func() {
		relayproc.StartBinary(l.t, l.file("container"), "--state-dir", "/state", "--listen", ":8000", "--turn-enabled")
	})
}

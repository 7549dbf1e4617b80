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
// lets nothing else in. Two peers without UDP, and two behind symmetric NAT, meet over its TURN
// server.
func TestAContainerWithTwoPublishedPorts(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.startContainer()
	for _, name := range []string{"UDP blocked", "symmetric"} {
		server, client := l.join(kindOf(name)), l.join(kindOf(name))
		t.Run(server.kind.slug(), func(t *testing.T) {
			t.Parallel()
			url := l.listen(t, server, task{URL: "ws://container.test:443/server"})
			r := l.dial(t, client, task{URL: url, Want: turn})
			t.Log(r.cell(turn))
		})
	}
}

// startContainer starts a relay with plain HTTP at container.test, as `docker run --publish
// 443:8000/tcp --publish 443:8000/udp` would.
func (l *lab) startContainer() {
	l.t.Helper()
	machine, container := l.machine("198.18.0.12", ""), netspace.New(l.t)
	machine.Run(`ip link add docker0 type veth peer name eth0 netns ` + container.Path + `
		ip link set docker0 up; ip addr add 172.17.0.1/16 dev docker0
		echo 1 >/proc/sys/net/ipv4/ip_forward
		nft -f - <<'END'
		table ip docker {
			chain prerouting { type nat hook prerouting priority dstnat
				iifname eth0 tcp dport 443 dnat to 172.17.0.2:8000
				iifname eth0 udp dport 443 dnat to 172.17.0.2:8000
			}
			chain postrouting { type nat hook postrouting priority srcnat
				ip saddr 172.17.0.0/16 oifname eth0 masquerade
			}
			chain forward { type filter hook forward priority filter; policy drop
				ct state established,related accept
				ct status dnat accept
			}
			chain input { type filter hook input priority filter; policy drop
				ct state established,related accept
			}
		}
END`)
	container.Run(`ip link set eth0 up; ip addr add 172.17.0.2/16 dev eth0; ip route add default via 172.17.0.1`)

	root := l.t.TempDir()
	require.NoError(l.t, os.Mkdir(filepath.Join(root, "state"), 0o700))
	require.NoError(l.t, os.Link(relayproc.Small(l.t), filepath.Join(root, "relayd")))
	l.write("container", fmt.Appendf(nil, "#!/bin/sh\nexec chroot '%s' /relayd \"$@\"", root))
	require.NoError(l.t, os.Chmod(l.file("container"), 0o700))
	container.Do(func() {
		relayproc.StartBinary(l.t, l.file("container"), "--state-dir", "/state", "--listen", ":8000", "--turn-enabled")
	})
}

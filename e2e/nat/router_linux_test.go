package nat_test

import "fmt"

// rules returns the nftables rules of a site's router. The kernel's masquerade keeps the port of a
// UDP socket, and lets in what comes from where the socket has sent: it is a port-restricted NAT.
// The wider cones add sets of what the site's one machine has sent from and to. The router tells
// the other end of a TCP connection what fits its way to the Internet, as routers of narrow lines
// do: the bridge drops without a word what is too long for one.
func (s *site) rules() string {
	drop, policy := "", "drop"
	if !s.kind.udp {
		drop += "meta l4proto udp drop\n"
	}
	if !s.kind.tcp {
		drop += "iifname lan tcp dport != 443 drop\n"
	}
	if s.kind.filter == fromAll && s.kind.translate == notMapped {
		policy = "accept"
	}
	text := fmt.Sprintf(`table inet firewall {
		chain forward { type filter hook forward priority filter; policy %s
			tcp flags syn tcp option maxseg size set rt mtu
			%s
			ct state established,related accept
			icmpv6 type { packet-too-big, time-exceeded } accept
			ct status dnat accept
			iifname lan accept
		}
	}
	`, policy, drop)
	if s.kind.translate == notMapped {
		return text
	}

	set, note, back, random := "", "", "", ""
	switch s.kind.filter {
	case fromAll:
		set, note, back = "inet_service", "udp sport", "udp dport"
	case fromAddress:
		set, note, back = "inet_service . ipv4_addr", "udp sport . ip daddr", "udp dport . ip saddr"
	}
	if set != "" {
		set = "set sent { type " + set + "; flags dynamic,timeout; timeout 5m; }"
		note = "iifname lan update @sent { " + note + " }"
		back = "iifname wan " + back + " @sent dnat to " + s.lan + ".2"
	}
	if s.kind.translate == newPort {
		random = "fully-random"
	}
	return text + fmt.Sprintf(`table ip nat {
		%s
		chain sent { type filter hook forward priority filter - 5
			%s
		}
		chain prerouting { type nat hook prerouting priority dstnat
			%s
		}
		chain postrouting { type nat hook postrouting priority srcnat
			oifname wan masquerade %s
		}
		chain input { type filter hook input priority filter; policy drop
			ct state established,related accept
			iifname { lan, lo } accept
		}
	}
	`, set, note, back, random)
}

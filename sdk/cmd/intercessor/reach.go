package main

import (
	"net"
	"net/netip"
	"net/url"
	"strings"
)

// A reach is how far a link works.
type reach string

const (
	onMachine reach = "machine"
	onNetwork reach = "network"
	anywhere  reach = "anywhere"
)

// reachOf returns how far a link works, as far as its host tells.
func reachOf(link string) reach {
	u, err := url.Parse(link)
	if err != nil {
		return anywhere
	}
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	if ip, err := netip.ParseAddr(host); err == nil {
		switch ip = ip.Unmap(); {
		case ip.IsLoopback():
			return onMachine
		case ip.IsPrivate(), ip.IsLinkLocalUnicast(), sharedRange.Contains(net.IP(ip.AsSlice())):
			return onNetwork
		}
		return anywhere
	}
	switch {
	case host == "localhost", strings.HasSuffix(host, ".localhost"):
		return onMachine
	case !strings.Contains(host, "."), strings.HasSuffix(host, ".local"), strings.HasSuffix(host, ".lan"),
		strings.HasSuffix(host, ".internal"), strings.HasSuffix(host, ".home.arpa"):
		return onNetwork
	}
	return anywhere
}

// sharedRange is what providers use behind their NAT (RFC 6598).
var sharedRange = net.IPNet{IP: net.IPv4(100, 64, 0, 0).To4(), Mask: net.CIDRMask(10, 32)}

// sentence says it to the person who passes the link on.
func (r reach) sentence() string {
	switch r {
	case onMachine:
		return "This link works on this machine only, because the relay listens on loopback"
	case onNetwork:
		return "This link works only in the network of this relay, because its address is private"
	}
	return "This link works from anywhere"
}

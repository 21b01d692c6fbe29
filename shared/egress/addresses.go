package egress

import "net/netip"

// reserved are the networks inside the public ranges that lead to nobody, or back into somebody's own network.
func reserved() []netip.Prefix {
	return []netip.Prefix{
		netip.MustParsePrefix("0.0.0.0/8"),
		netip.MustParsePrefix("10.0.0.0/8"),
		netip.MustParsePrefix("100.64.0.0/10"),  // carrier-grade NAT
		netip.MustParsePrefix("127.0.0.0/8"),    //
		netip.MustParsePrefix("169.254.0.0/16"), // link-local: the metadata service, and Lambda's own
		netip.MustParsePrefix("172.16.0.0/12"),  //
		netip.MustParsePrefix("192.0.0.0/24"),   //
		netip.MustParsePrefix("192.0.2.0/24"),   // documentation
		netip.MustParsePrefix("192.88.99.0/24"), // 6to4 relays
		netip.MustParsePrefix("192.168.0.0/16"),
		netip.MustParsePrefix("198.18.0.0/15"), // benchmarks
		netip.MustParsePrefix("198.51.100.0/24"),
		netip.MustParsePrefix("203.0.113.0/24"),
		netip.MustParsePrefix("224.0.0.0/4"), // multicast
		netip.MustParsePrefix("240.0.0.0/4"), // reserved, and broadcast
		netip.MustParsePrefix("2001::/23"),   // protocol assignments, Teredo among them: may hold an IPv4 address
		netip.MustParsePrefix("2001:db8::/32"),
		netip.MustParsePrefix("2002::/16"), // 6to4: holds an IPv4 address
		netip.MustParsePrefix("3fff::/20"),
	}
}

// global is where public IPv6 addresses are; loopback, link-local, unique local, NAT64, mapped and compatible ones lie
// outside of it.
func global() netip.Prefix { return netip.MustParsePrefix("2000::/3") }

// guard decides which addresses may be called.
type guard struct {
	allow    []netip.Prefix
	reserved []netip.Prefix
	global   netip.Prefix
}

// allowed reports whether an address is one of the exceptions.
func (g guard) allowed(a netip.Addr) bool {
	if a.Zone() != "" {
		return false
	}
	return within(g.allow, a.Unmap())
}

// public reports whether an address is one that anybody on the internet reaches.
func (g guard) public(a netip.Addr) bool {
	a = a.Unmap()
	if !a.IsValid() || a.Zone() != "" || within(g.reserved, a) {
		return false
	}
	return a.Is4() || g.global.Contains(a)
}

func within(networks []netip.Prefix, a netip.Addr) bool {
	for _, n := range networks {
		if n.Contains(a) {
			return true
		}
	}
	return false
}

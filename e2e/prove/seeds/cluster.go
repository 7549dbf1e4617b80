package main

// clusterSeeds are bugs in the cluster's nodes that only real processes show. Package
// relayd/cluster/home has mutants of its own.
var clusterSeeds = []Seed{
	{"a home that does not answer is taken for a room that is not there", "N2", clusterSuite("N2HomeThatDoesNotAnswer"), []Edit{
		{In: "relayd/cluster/home.Visit.fail",
			Old: `none && v.view.Sure()`,
			New: `v.view.Sure()`}}},
	{"an etcd that does not answer is taken for an empty one", "N2", clusterSuite("N2EtcdWithoutQuorum"), []Edit{
		{In: "relayd/cluster.Node.lookup",
			Old: `return nil, 0`,
			New: `return &home.View{}, 0`}}},
	{"that a room is not there is remembered", "N2", clusterSuite("N2RoomAfterItWasNotThere"), []Edit{
		{In: "relayd/cluster.Node.lookup",
			Old: `n.known.read(v.Instances, began)`,
			New: `n.known.read(v.Instances, began)
				n.mu.Lock()
				defer n.mu.Unlock()
				if v.Revision == 0 { n.watched["not "+key] = time.Time{} }
				if _, not := n.watched["not "+key]; not { v.Revision, v.Claim = 0, nil }`}}},
	{"HELLO goes out although the claim's outcome is unknown", "N3", clusterSuite("N3NoHelloWithoutAClaim"), []Edit{
		{In: "relayd/cluster.walk.write",
			Old: `return w.visit.Wrote(result)`,
			New: `return w.visit.Wrote(home.Committed)`}}},
	{"the claim of a room that has ended stays", "N4", clusterSuite("N4EndOfARoom"), []Edit{
		{In: "relayd/cluster.Node.erase",
			Old: `deleted = n.delete(ctx, p, step.Revision) == nil
				view = nil`,
			New: `deleted, view = true, &home.View{}`}}},
	{"a home gives up its room for a claim of a lower order", "N5", clusterSuite("N5HigherOrderStays"), []Edit{
		{In: "relayd/cluster/home.Keep",
			Old: `case 1: return Step{Do: Write, Revision: view.Revision}`,
			New: ``}}},
	{"what the client has sent early is not handed over", "N7", clusterSuite("N7Forward"), []Edit{
		{In: "relayd/cluster.walk.forward",
			Old: `if v.Server { h.Kind = forward.Server }`,
			New: `if v.Server { h.Kind = forward.Server }
				h.Early = nil`}}},
	{"the access decision is not handed over", "N7", clusterSuite("N7Grant"), []Edit{
		{In: "relayd/cluster.walk.forward",
			Old: `if v.Server { h.Kind = forward.Server }`,
			New: `if v.Server { h.Kind = forward.Server }
				h.Grant.ServerInfo = nil`}}},
	{"an edge writes a close frame when the home has ended", "N7", clusterSuite("N7Forward"), []Edit{
		{In: "relayd/cluster/forward.Link.copy",
			Old: `defer l.node.running.Done()`,
			New: `defer l.node.running.Done()
				if to == l.client { _, _ = to.Write([]byte{0x88, 2, 4000 >> 8, 4000 & 0xff}) }`}}},
	{"a client that comes back and finds no home is sent away for good", "N6", clusterSuite("N6ClientWaitsForItsServer"), []Edit{
		{In: "relayd/cluster/home.Visit.fail",
			Old: `return Step{Do: Wait}`,
			New: `return Step{Do: Close, Code: protocol.CodeNoSuchServer}`}}},
	{"a node that finds the directory empty does not mark it as young", "N4", clusterSuite("N4EmptyDirectory"), []Edit{
		{In: "relayd/cluster/directory.Directory.register",
			Old: `d.prefix + youngKey`,
			New: `d.prefix + "elsewhere"`}}},
	{"a node that drains does not mark its claims", "N8", clusterSuite("N8DrainTakesTheRoomAlong"), []Edit{
		{In: "relayd/cluster.Node.isDraining",
			Old: `return n.draining`,
			New: `return n.draining && n.closed`}}},
	{"a lookup may be answered by a member of etcd that is behind", "N2", clusterSuite("N2MemberOfEtcdThatIsBehind"), []Edit{
		{In: "relayd/cluster/directory.Directory.read",
			Old: `ctx, cancel := d.bound(ctx, within)`,
			New: `ctx, cancel := d.bound(ctx, within)
				for i := range gets { clientv3.WithSerializable()(&gets[i]) }`}}},
	{"a node that was frozen lets peers in without asking", "N4", clusterSuite("N4NodeThatStoodStill"), []Edit{
		{In: "relayd/cluster.Node.Wake",
			Old: `!n.isFrozen()`,
			New: `!n.isFrozen() || n.joined`}}},
	{"a move in the future is taken for a recent one", "N5", clusterSuite("N5ClockOfTheHomeIsAhead"), []Edit{
		{In: "relayd/cluster/home.Visit.Heard",
			Old: `since >= 0 && since < Thrash`,
			New: `since < Thrash`}}},
	{"a node hands on what another one has handed to it", "N7", clusterSuite("N7OneHop"), []Edit{
		{In: "relayd/cluster.Node.receive",
			Old: `in.Answer(forward.ErrNotHere, nil)`,
			New: `if view, _ := n.lookup(ctx, keyOf(in.Room)); view != nil && view.Claim != nil && view.Claim.Home != n.self {
					if link, err := n.links.Forward(ctx, n.peer(view.Claim.Home), in.Handover); err == nil {
						if conn, err := in.Take(); err == nil {
							link.Start(conn, func() {})
							return
						}
						link.Close()
					}
				}
				in.Answer(forward.ErrNotHere, nil)`}}},
	{"an edge does not pass on the end of one side", "N7", clusterSuite("N7EndOfOneSide"), []Edit{
		{In: "relayd/cluster/forward.Link.copy",
			Old: `ok && half.CloseWrite() != nil`,
			New: `ok && half == nil`},
		{In: "relayd/cluster/forward.Link.copy",
			Old: `l.ended()`,
			New: ``}}},
	{"an edge does not count a source that it forwards", "N7", clusterSuite("N7SourcesCountAtTheEdge"), []Edit{
		{In: "relayd/relay.Relay.forward",
			Old: `done := s.claim.release`,
			New: `s.claim.release()
				s.claim = claim{}
				done := s.claim.release`}}},
	{"a home counts the source of a peer that its edge has counted", "N7", clusterSuite("N7SourcesCountAtTheEdge"), []Edit{
		{In: "relayd/relay.Relay.Receive",
			Old: `claim{done: done}`,
			New: `claim{done: func(place quota.Place, _ Refusal, _ time.Duration) func() {
					return func() { r.sources.Leave(place); done() }
				}(r.countPeer(v.Source, r.settings.Load()))}`}}},
	{"an operator's kick is not kept in the directory", "N9", clusterSuite("N9KickIsKept"), []Edit{
		{In: "relayd/cluster.Node.kick",
			Old: `err = errors.Join(err, n.directory.Kick(ctx, keyOf(kicked.Room), directory.Kick{Name: name, Until: kicked.Until}))`,
			New: `_ = directory.Kick{Name: name}`}}},
	{"HELLO does not have the order of the server", "N10", clusterSuite("N10OrderOfTheServer"), []Edit{
		{In: "relayd/relay.session.hello",
			Old: `h.ServerKnown, h.ServerOrder = true, server.Order`,
			New: `h.ServerKnown = true`}}},
}

package clusterproof

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"syscall"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/history"
	"github.com/sebas642/intercessor/e2e/prove/form"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/relayd/cluster/etcdtest"
)

// deck is the faults of one round.
var deck = []string{
	"node killed", "node killed", "node killed for long", "node stopped", "node stopped", "drain", "drain",
	"node from nodes", "node from nodes one way", "node from etcd", "node from etcd one way", "node from all",
	"etcd leader killed", "etcd without quorum", "etcd member stopped", "etcd restored", "etcd emptied",
	"clock set", "clock wrong from the start",
	secondProcess, secondWhileStopped, secondWhileCutOff,
	noFault,
}

// nodeFrozen comes once in a full run: by then others may do what they want with its rooms.
const nodeFrozen = "node frozen"

// draw returns so many names from decks, each shuffled anew.
func draw(random *rand.Rand, most int) (names []string) {
	for len(names) < most {
		for _, i := range random.Perm(len(deck)) {
			names = append(names, deck[i])
		}
	}
	names = names[:most]
	if form.Full && most > len(deck) {
		names[random.IntN(most)] = nodeFrozen
	}
	return names
}

// noFault is what the others are compared with.
const noFault = "none"

// A plan is what the seed has chosen for one fault.
type plan struct {
	name  string
	node  int
	way   string // of a partition: "in", "out" or both
	clock time.Duration
	lasts time.Duration
}

func (p plan) String() string {
	return fmt.Sprintf("%s, node %d, %s, %v, %v", p.name, p.node+1, p.way, p.clock, p.lasts.Round(time.Millisecond))
}

func choose(random *rand.Rand, name string) plan {
	p := plan{name: name, node: random.IntN(3), way: "in out", lasts: between(random, time.Second, 8*time.Second)}
	switch name {
	case "node killed":
		p.lasts = between(random, 0, 2*time.Second)
	case "node killed for long":
		p.lasts = between(random, 3*time.Second, 20*time.Second)
	case "node stopped":
		p.lasts = between(random, time.Second, 20*time.Second)
		if !form.Full {
			p.lasts /= 2
		}
	case nodeFrozen:
		p.lasts = 120 * time.Second
	case "node from nodes one way", "node from etcd one way":
		p.way = []string{"in", "out"}[random.IntN(2)]
	case "clock set":
		p.clock = []time.Duration{time.Hour, -time.Hour, 5 * time.Second, -5 * time.Second}[random.IntN(4)]
	case "clock wrong from the start":
		p.clock = []time.Duration{3 * time.Hour, -3 * time.Hour}[random.IntN(2)]
	}
	return p
}

func between(random *rand.Rand, least, most time.Duration) time.Duration {
	return least + time.Duration(random.Int64N(int64(most-least)))
}

// happen causes a fault and heals it.
func (v *town) happen(ctx context.Context, p plan) {
	v.t.Helper()
	v.log.Add(history.Event{Kind: history.Fault, Name: p.name})
	defer func() { v.log.Add(history.Event{Kind: history.Healed, Name: p.name}) }()
	n := v.nodes[p.node]
	pause := func() { form.Pause(ctx, p.lasts) }
	switch p.name {
	case "node killed", "node killed for long":
		n.Kill()
		pause()
		require.NoError(v.t, n.Start())
	case "node stopped", nodeFrozen:
		n.freeze()
		pause()
		n.Signal(syscall.SIGCONT)
	case "drain":
		require.NoError(v.t, n.Drain())
		require.NoError(v.t, n.Start())
	case "node upgraded":
		require.NoError(v.t, n.install(v.next))
		require.NoError(v.t, n.Drain())
		require.NoError(v.t, n.Start())
		running, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", n.PID()))
		require.NoError(v.t, err)
		require.Equal(v.t, v.next, running)
	case "node from nodes", "node from nodes one way":
		n.cut(p.way, v.nodesNet())
		pause()
		n.mend()
	case "node from etcd", "node from etcd one way":
		n.cut(p.way, v.etcdNet())
		pause()
		n.mend()
	case "node from all":
		n.cut(p.way, v.nodesNet(), v.etcdNet())
		pause()
		n.mend()
	case "etcd leader killed":
		leader := etcdtest.Leader(v.t, v.etcd)
		leader.Kill()
		pause()
		leader.Start()
		leader.Wait()
	case "etcd without quorum":
		v.etcd[0].Pause()
		v.etcd[1].Pause()
		pause()
		v.etcd[0].Resume()
		v.etcd[1].Resume()
	case "etcd member stopped":
		member := v.etcd[p.node]
		member.Pause()
		pause()
		member.Resume()
	case "etcd restored":
		snapshot := v.etcd[p.node].Save()
		pause()
		n.Kill() // so that rooms move that the snapshot has elsewhere
		require.NoError(v.t, n.Start())
		v.replaceEtcd(func() { etcdtest.Restore(v.etcd, snapshot, fmt.Sprint("token ", history.Now())) })
	case "etcd emptied":
		v.replaceEtcd(func() {
			for _, member := range v.etcd {
				member.Forget()
			}
		})
	case "clock set":
		relayproc.SetClock(v.t, n.clock, p.clock)
		pause()
		relayproc.SetClock(v.t, n.clock, 0)
	case "clock wrong from the start":
		n.Kill()
		relayproc.SetClock(v.t, n.clock, p.clock)
		require.NoError(v.t, n.Start())
		pause()
		relayproc.SetClock(v.t, n.clock, 0)
	case secondProcess:
		n.double(func() {}, pause, func() {})
	case secondWhileStopped:
		n.double(n.freeze, pause, func() { n.Signal(syscall.SIGCONT) })
	case secondWhileCutOff:
		n.double(func() { n.cut(p.way, v.nodesNet(), v.etcdNet()) }, pause, n.mend)
	case noFault:
		pause()
	default:
		v.t.Fatalf("no fault has the name %q", p.name)
	}
	for _, n := range v.nodes {
		select {
		case <-n.Exited():
			v.t.Errorf("%s has ended by itself: %s", n.name, n.Fatal())
		default:
		}
	}
}

// replaceEtcd ends all members, has their data replaced, and starts them.
func (w *world) replaceEtcd(replace func()) {
	w.t.Helper()
	for _, member := range w.etcd {
		member.Kill()
	}
	replace()
	for _, member := range w.etcd {
		member.Start()
	}
	for _, member := range w.etcd {
		member.Wait()
	}
}

func (w *world) nodesNet() string { return w.net + ".0.0/26" }
func (w *world) etcdNet() string  { return w.net + ".0.96/27" }

// cut has a node drop without a word what goes to some networks, or comes from them.
func (n *node) cut(way string, networks ...string) {
	n.world.t.Helper()
	for _, network := range networks {
		n.space.Run(fmt.Sprintf(`for way in %[1]s; do
			case $way in in) at=saddr;; *) at=daddr;; esac
			nft add rule inet f $way ip $at %[2]s drop; done`, way, network))
	}
}

func (n *node) mend() {
	n.world.t.Helper()
	n.space.Run("nft flush chain inet f in; nft flush chain inet f out")
}

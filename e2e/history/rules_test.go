package history_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/history"
)

// A verdict is a history and the one rule that it breaks; "" is a right history.
type verdict struct {
	rule, name, text string
}

// chat is one message from a to s, all of it right.
const chat = `
10 a send m=a/1:1 peer=S
11 s receive m=a/1:1 conn=1 peer=A
12 a delivered m=a/1:1
`

var verdicts = []verdict{
	{"", "nothing", ``},
	{"", "one message", prologue + chat},
	{"", "both ways", prologue + chat + `
		20 s send m=s/1:1 peer=A
		21 a receive m=s/1:1 conn=1 peer=S
		22 s delivered m=s/1:1
		20 s send m=s/2:1 peer=B
		25 b receive m=s/2:1 conn=1 peer=S
		26 s delivered m=s/2:1`},

	{"C1", "a message that nobody sent", prologue + chat + `13 s receive m=a/1:2 conn=1 peer=A`},
	{"C1", "other bytes", prologue + `
		10 a send m=a/1:1 peer=S
		11 s receive m=a/1:1 conn=1 peer=A hash=x
		12 a delivered m=a/1:1`},
	{"C1", "another type", prologue + `
		10 a send m=a/1:1 peer=S
		11 s receive m=a/1:1 conn=1 peer=A type=bye
		12 a delivered m=a/1:1`},
	{"C1", "another sender", prologue + `
		10 a send m=a/1:1 peer=S
		11 s receive m=a/1:1 conn=2 peer=B
		12 a delivered m=a/1:1`},
	{"C1", "another receiver of the same room", prologue + `
		10 s send m=s/1:1 peer=A
		11 b receive m=s/1:1 conn=1 peer=S
		12 s delivered m=s/1:1`},
	{"C1", "before it was sent", prologue + `
		9 s receive m=a/1:1 conn=1 peer=A
		10 a send m=a/1:1 peer=S
		12 a delivered m=a/1:1`},

	{"C2", "twice at once", prologue + chat + `13 s receive m=a/1:1 conn=1 peer=A`},
	{"C2", "an old one again after others", prologue + chat + `
		20 a send m=a/1:2 peer=S
		21 s receive m=a/1:2 conn=1 peer=A
		22 a delivered m=a/1:2
		23 s receive m=a/1:1 conn=1 peer=A`},
	{"", "the same number from two senders", prologue + chat + `
		20 b send m=b/1:1 peer=S
		21 s receive m=b/1:1 conn=2 peer=B
		22 b delivered m=b/1:1`},

	{"C3", "swapped", prologue + `
		10 a send m=a/1:1 peer=S
		10 a send m=a/1:2 peer=S
		11 s receive m=a/1:2 conn=1 peer=A
		12 s receive m=a/1:1 conn=1 peer=A
		13 a delivered m=a/1:1
		13 a delivered m=a/1:2`},
	{"C3", "a gap of what is unknown", prologue + `
		10 a send m=a/1:1 peer=S
		10 a send m=a/1:2 peer=S
		11 s receive m=a/1:2 conn=1 peer=A
		12 a delivered m=a/1:2
		13 s stop reason=closed
		14 a unknown m=a/1:1 reason=gone
		14 a gone peer=S conn=1 reason=left`},
	{"", "a gap of what was refused", prologue + `
		10 a send m=a/1:1 peer=S
		10 a send m=a/1:2 peer=S
		10 a refused m=a/1:1 reason=canceled
		11 s receive m=a/1:2 conn=1 peer=A
		13 a delivered m=a/1:2`},
	{"", "a gap to a base peer", `
		0 s start protocol=base
		0 a start
		1 s joined peer=A conn=1
		1 a joined peer=S conn=1
		10 a send m=a/1:1 peer=S
		10 a send m=a/1:2 peer=S
		11 s receive m=a/1:2 conn=1 peer=A
		11 a unknown m=a/1:1 reason=nolink
		11 a unknown m=a/1:2 reason=nolink`},
	{"C3", "swapped at a base peer", `
		0 s start protocol=base
		0 a start
		1 s joined peer=A conn=1
		1 a joined peer=S conn=1
		10 a send m=a/1:1 peer=S
		10 a send m=a/1:2 peer=S
		11 s receive m=a/1:2 conn=1 peer=A
		12 s receive m=a/1:1 conn=1 peer=A
		13 a unknown m=a/1:1 reason=nolink
		13 a unknown m=a/1:2 reason=nolink`},

	{"C4", "silence", prologue + `10 a send m=a/1:1 peer=S`},
	{"C4", "silence though it arrived", prologue + `
		10 a send m=a/1:1 peer=S
		11 s receive m=a/1:1 conn=1 peer=A`},
	{"C4", "two outcomes", prologue + chat + `14 a unknown m=a/1:1 reason=gone`},
	{"C4", "an outcome of nothing", prologue + chat + `14 a delivered m=a/1:2`},
	{"C4", "one number for two messages", prologue + chat + `14 a send m=a/1:1 peer=S`},
	{"", "silence of who was killed", prologue + `
		10 a send m=a/1:1 peer=S
		11 a stop reason=killed`},
	{"C4", "silence of who ended by itself", prologue + `
		10 a send m=a/1:1 peer=S
		11 a stop reason=closed`},

	{"C5", "delivered and never received", prologue + `
		10 a send m=a/1:1 peer=S
		12 a delivered m=a/1:1`},
	{"C5", "delivered before the receive", prologue + `
		10 a send m=a/1:1 peer=S
		12 a delivered m=a/1:1
		13 s receive m=a/1:1 conn=1 peer=A`},
	{"", "the last receive of who was killed", prologue + `
		10 a send m=a/1:1 peer=S
		11 a delivered m=a/1:1
		12 s stop reason=killed`},
	{"C5", "the last two of who was killed", prologue + `
		10 a send m=a/1:1 peer=S
		10 a send m=a/1:2 peer=S
		11 a delivered m=a/1:1
		11 a delivered m=a/1:2
		12 s stop reason=killed`},

	{"C6", "another room", prologue + `
		0 z start
		0 c start
		1 z joined peer=C conn=1
		1 c joined peer=Z conn=1
		10 a send m=a/1:1 peer=S
		11 z receive m=a/1:1 conn=1 peer=A
		12 a delivered m=a/1:1`},
	{"C6", "two epochs out of one connection", prologue + chat + `
		20 a stop reason=killed
		21 a2 start
		22 a2 joined peer=S conn=1
		23 a2 send m=a2/1:1 peer=S
		24 s receive m=a2/1:1 conn=1 peer=A
		25 a2 delivered m=a2/1:1`},
	{"C6", "one epoch out of two connections", prologue + chat + `
		20 a send m=a/1:2 peer=S
		21 s gone conn=1 peer=A reason=restarted
		21 s joined conn=3 peer=A
		22 s receive m=a/1:2 conn=3 peer=A
		23 a delivered m=a/1:2`},
	{"C6", "two links out of one connection", prologue + `
		10 a send m=a/1:1 peer=S
		10 a send m=a/1:2 peer=S
		11 s receive m=a/1:1 conn=1 peer=A link=1
		11 s receive m=a/1:2 conn=1 peer=A link=2
		12 a delivered m=a/1:1
		12 a delivered m=a/1:2`},
	{"", "a restarted client has a new connection", prologue + chat + `
		20 a stop reason=killed
		21 a2 start
		21 s away conn=1 peer=A
		22 a2 joined peer=S conn=1
		23 a2 send m=a2/1:1 peer=S
		23 s gone conn=1 peer=A reason=restarted
		24 s joined conn=3 peer=A
		24 s receive m=a2/1:1 conn=3 peer=A
		25 a2 delivered m=a2/1:1`},

	{"C7", "a message before joined", `
		0 s start
		0 a start
		1 a joined peer=S conn=1
		10 a send m=a/1:1 peer=S
		11 s receive m=a/1:1 conn=1 peer=A
		12 a delivered m=a/1:1`},
	{"C7", "a message after gone", prologue + `
		10 a send m=a/1:1 peer=S
		10 a stop reason=killed
		11 s gone conn=1 peer=A reason=refused
		12 s receive m=a/1:1 conn=1 peer=A`},
	{"C7", "joined twice", prologue + `2 s joined conn=1 peer=A`},
	{"C7", "away twice", prologue + `
		2 s away conn=1 peer=A
		3 s away conn=1 peer=A`},
	{"C7", "back without away", prologue + `2 s back conn=1 peer=A`},
	{"C7", "back after gone", prologue + `
		2 a stop reason=killed
		2 s gone conn=1 peer=A reason=refused
		3 s back conn=1 peer=A`},
	{"C7", "timeout before the window is over", prologue + `
		1000 s away conn=1 peer=A
		50000 s gone conn=1 peer=A reason=timeout`},
	{"C7", "timeout of who came back", prologue + `
		1000 a lost
		1000 s away conn=1 peer=A
		9000 a resumed
		62000 s gone conn=1 peer=A reason=timeout`},
	{"C7", "left, and did not", prologue + `2 s gone conn=1 peer=A reason=left`},
	{"C7", "joined again before it was gone", prologue + `
		5 s joined conn=3 peer=A
		9 s gone conn=1 peer=A reason=restarted`},
	{"C7", "joined again and never gone", prologue + `5 s joined conn=3 peer=A`},
	{"", "away and back and away and gone", prologue + `
		1000 s away conn=1 peer=A
		1500 s back conn=1 peer=A
		2000 s away conn=1 peer=A
		62500 s gone conn=1 peer=A reason=timeout`},
	{"", "a base peer has no window", `
		0 s start
		1 s joined peer=A conn=1 protocol=base
		2 s gone conn=1 peer=A reason=timeout`},
	{"", "a tab that reloads has a shorter window", prologue + `
		1000 s away conn=1 peer=A window=15s
		16500 s gone conn=1 peer=A reason=timeout`},
	{"", "the observer lost its own connection before", prologue + `
		1000 a lost
		1000 s lost
		50000 s resumed
		50001 s away conn=1 peer=A
		62000 s gone conn=1 peer=A reason=timeout`},
	{"", "who came back was not seen", prologue + `
		1000 s lost
		1000 a lost
		9000 a resumed
		72000 s away conn=1 peer=A
		72000 s gone conn=1 peer=A reason=timeout
		72100 s resumed`},
	{"", "left after its close", prologue + `
		2 a close conn=1 peer=S
		3 s gone conn=1 peer=A reason=left`},

	{"C8", "two connections on one node", `
		0 - up name=1 node=n order=1,5,0
		10 - up name=2 node=n order=1,6,0
		5000 - down name=1 node=n reason=replaced`},
	{"C8", "two connections for good", `
		0 - up name=1 node=n order=1,5,0
		10 - up name=2 node=n order=1,6,0
		9000 - healed`},
	{"C8", "the higher one is replaced", `
		0 - up name=1 node=n order=2,5,0
		10 - up name=2 node=n order=1,6,0
		11 - down name=1 node=n reason=replaced`},
	{"C8", "the only one is replaced", `
		0 - up name=1 node=n order=2,5,0
		11 - down name=1 node=n reason=replaced`},
	{"C8", "on two nodes, long after the partition has healed", `
		0 - fault name=partition
		1 - up name=1 node=n order=1,5,0
		10 - up name=2 node=m order=1,6,0
		60000 - healed name=partition
		66000 - down name=1 node=n reason=replaced`},
	{"", "on two nodes while a partition lasts", `
		0 - fault name=partition
		1 - up name=1 node=n order=1,5,0
		10 - up name=2 node=m order=1,6,0
		60000 - healed name=partition
		64000 - down name=1 node=n reason=replaced`},
	{"", "the lower one is replaced", `
		0 - up name=1 node=n order=1,5,0
		10 - up name=2 node=n order=1,6,0
		11 - down name=1 node=n reason=replaced
		20 - up name=3 node=n order=1,6,0
		21 - down name=3 node=n reason=lost`},

	{"C9", "refused and received", prologue + `
		10 a send m=a/1:1 peer=S
		11 s receive m=a/1:1 conn=1 peer=A
		12 a refused m=a/1:1 reason=canceled`},
	{"C9", "refused and received later", prologue + `
		10 a send m=a/1:1 peer=S
		12 a refused m=a/1:1 reason=closed
		13 s receive m=a/1:1 conn=1 peer=A`},
	{"", "refused by its own application", prologue + `
		10 a send m=a/1:1 peer=S
		12 a refused m=a/1:1 reason=canceled`},

	{"C10", "an outcome after two minutes", prologue + `
		10 a send m=a/1:1 peer=S
		11 s receive m=a/1:1 conn=1 peer=A
		120000 a delivered m=a/1:1`},
	{"C10", "an outcome two minutes after the network has healed", prologue + `
		5 - fault name=cut
		10 a send m=a/1:1 peer=S
		5000 - healed
		125000 s receive m=a/1:1 conn=1 peer=A
		125010 a delivered m=a/1:1`},
	{"C10", "an outcome long after the other side has ended", prologue + `
		10 a send m=a/1:1 peer=S
		11 s stop reason=killed
		180000 a unknown m=a/1:1 reason=timeout`},
	{"", "an outcome while the network was broken", prologue + `
		5 - fault name=cut
		10 a send m=a/1:1 peer=S
		11 s receive m=a/1:1 conn=1 peer=A
		125000 - healed
		125010 a delivered m=a/1:1`},
	{"", "an outcome of what a slow application did not take", prologue + `
		5 s paused
		10 a send m=a/1:1 peer=S
		125000 s taking
		125010 s receive m=a/1:1 conn=1 peer=A
		125020 a delivered m=a/1:1`},
	{"", "an outcome when the window of who was killed is over", prologue + `
		10 a send m=a/1:1 peer=S
		11 s stop reason=killed
		72000 a unknown m=a/1:1 reason=timeout`},

	{"C11", "a frame with other bytes", `
		1 a wire link=1 seq=1 hash=x
		2 a wire link=1 seq=1 hash=y`},
	{"C11", "a frame with other bytes, later", `
		1 a wire link=1 seq=1 hash=x
		2 a wire link=1 seq=2 hash=y
		3 a wire link=1 seq=1 hash=x
		4 a wire link=1 seq=2 hash=x`},
	{"", "frames that are sent again", `
		1 a wire link=1 seq=1 hash=x
		2 s wire link=1 seq=1 hash=y
		3 a wire link=1 seq=1 hash=x
		4 a wire link=2 seq=1 hash=z`},

	{"C12", "a goroutine more", `
		0 s measure name=goroutines value=7 reason=before
		9 s measure name=goroutines value=8 reason=after`},
	{"C12", "not measured afterwards", `0 s measure name=memory value=7 reason=before`},
	{"", "back at the start, in the end", `
		0 s measure name=goroutines value=7 reason=before
		0 s measure name=memory value=1000 reason=before
		8 s measure name=goroutines value=8 reason=after
		9 s measure name=goroutines value=7 reason=after
		9 s measure name=memory value=1300 slack=500 reason=after`},

	{"C13", "unknown while both were there", prologue + `
		10 a send m=a/1:1 peer=S
		11 a unknown m=a/1:1 reason=timeout`},
	{"C13", "broken because an application was slow", prologue + `
		6 s paused
		10 a send m=a/1:1 peer=S
		11 a unknown m=a/1:1 reason=broken`},
	{"C13", "refused while both were there", prologue + `
		10 a send m=a/1:1 peer=S
		11 a refused m=a/1:1 reason=closed`},
	{"C13", "unknown though both were back in time", prologue + `
		5 - fault name=cut
		6 a lost
		6 s lost
		10 a send m=a/1:1 peer=S
		4000 - healed
		5000 a resumed
		9000 s resumed
		9001 s away conn=1 peer=A
		9002 s back conn=1 peer=A
		20000 a unknown m=a/1:1 reason=timeout`},
	{"", "unknown after the window", prologue + `
		6 a lost
		6 s away conn=1 peer=A
		10 s send m=s/1:1 peer=A
		60010 s gone conn=1 peer=A reason=timeout
		60010 s unknown m=s/1:1 reason=timeout
		90000 a resumed`},
	{"", "refused by a connection that the other side had given up", prologue + `
		6 a lost
		6 s away conn=1 peer=A
		60010 s gone conn=1 peer=A reason=timeout
		61000 a resumed
		61001 a send m=a/1:1 peer=S
		61002 a refused m=a/1:1 reason=restarted
		61002 a gone conn=1 peer=S reason=restarted`},
	{"", "unknown when the receiver did not take", prologue + `
		6 s paused
		10 a send m=a/1:1 peer=S
		11 a unknown m=a/1:1 reason=timeout`},
	{"", "refused after the receiver's close", prologue + `
		10 a send m=a/1:1 peer=S
		11 s close conn=1 peer=A
		12 a gone conn=1 peer=S reason=left
		12 a refused m=a/1:1 reason=closed`},
	{"", "unknown when the receiver started again", prologue + `
		10 a send m=a/1:1 peer=S
		11 s stop reason=killed
		12 s2 start
		13 s2 joined conn=1 peer=A
		13 a gone conn=1 peer=S reason=restarted
		13 a unknown m=a/1:1 reason=restarted`},

	{"", "the direct path stands in for the relay for longer than the window", prologue + `
		2 a path peer=S conn=1 name=direct
		2 s path peer=A conn=1 name=direct
		5 a lost
		10 a send m=a/1:1 peer=S
		70000 s receive m=a/1:1 conn=1 peer=A
		70001 a delivered m=a/1:1
		70005 a resumed`},
	{"C14", "it stood in, and the message is not delivered", prologue + `
		2 a path peer=S conn=1 name=direct
		2 s path peer=A conn=1 name=direct
		5 a lost
		10 a send m=a/1:1 peer=S
		70001 a unknown m=a/1:1 reason=timeout`},
	{"", "it did not at the other end", prologue + `
		2 a path peer=S conn=1 name=direct
		5 a lost
		10 a send m=a/1:1 peer=S
		70001 a unknown m=a/1:1 reason=timeout`},
	{"", "it went away a window ago", prologue + `
		2 a path peer=S conn=1 name=direct
		2 s path peer=A conn=1 name=direct
		5 a lost
		10 a send m=a/1:1 peer=S
		20 s path peer=A conn=1 name=relay
		60021 a unknown m=a/1:1 reason=timeout`},
	{"C14", "repeated by a change of path", prologue + `
		10 a send m=a/1:1 peer=S
		11 s receive m=a/1:1 conn=1 peer=A
		12 a path peer=S conn=1 name=direct
		13 s receive m=a/1:1 conn=1 peer=A
		14 a delivered m=a/1:1`},
	{"C14", "reordered by a change of path", prologue + `
		10 a send m=a/1:1 peer=S
		11 s path peer=A conn=1 name=direct
		12 a send m=a/1:2 peer=S
		13 s receive m=a/1:2 conn=1 peer=A
		14 s receive m=a/1:1 conn=1 peer=A
		15 a delivered m=a/1:1
		15 a delivered m=a/1:2`},
	{"C14", "lost by a change of path", prologue + `
		10 a send m=a/1:1 peer=S
		12 a path peer=S conn=1 name=relay
		14 a delivered m=a/1:1`},
	{"C2", "a change of path from before the message", prologue + `
		9 a path peer=S conn=1 name=direct` + chat + `
		13 s receive m=a/1:1 conn=1 peer=A`},
}

func TestEachRuleIsBrokenByItsHistoriesAlone(t *testing.T) {
	wrong, right := map[string]int{}, 0
	for _, v := range slices.Concat(verdicts, streamVerdicts, pathVerdicts) {
		t.Run(v.rule+" "+v.name, func(t *testing.T) {
			report := history.Check(parse(t, v.text), history.Rules{Mend: time.Minute})
			if v.rule == "" {
				right++
				require.True(t, report.OK(), "a right history:\n%v", report)
				return
			}
			wrong[v.rule]++
			require.Equal(t, []string{v.rule}, report.Broken(), "%v", report)
			require.Contains(t, report.String(), "broken "+v.rule+": ")
			for _, violation := range report.Violations {
				require.NotEmpty(t, violation.Events)
			}
		})
	}
	for n := 1; n <= 18; n++ {
		rule := fmt.Sprint("C", n)
		require.GreaterOrEqual(t, wrong[rule], 2, "%s has too few histories that break it", rule)
	}
	require.GreaterOrEqual(t, right, 13)
}

func TestSkewForgivesALateStamp(t *testing.T) {
	late := parse(t, prologue+`
		10 a send m=a/1:1 peer=S
		12 a delivered m=a/1:1
		13 s receive m=a/1:1 conn=1 peer=A`)
	require.Equal(t, []string{"C5"}, history.Check(late, history.Rules{}).Broken())
	require.True(t, history.Check(late, history.Rules{Skew: 5 * time.Millisecond}).OK())
}

func TestDelayForgivesANewsThatIsLate(t *testing.T) {
	early := parse(t, prologue+`
		10 s away conn=1 peer=A
		60010 s gone conn=1 peer=A reason=timeout`)
	require.True(t, history.Check(early, history.Rules{}).OK())
	early[len(early)-1].At -= int64(20 * time.Millisecond)
	require.Equal(t, []string{"C7"}, history.Check(early, history.Rules{}).Broken())
	require.True(t, history.Check(early, history.Rules{Delay: 20 * time.Millisecond}).OK())
	early[len(early)-1].At -= int64(20 * time.Millisecond)
	require.Equal(t, []string{"C7"}, history.Check(early, history.Rules{Delay: 20 * time.Millisecond}).Broken())
}

func TestAThinHistoryIsNoProof(t *testing.T) {
	report := history.Check(parse(t, prologue+chat), history.Rules{Need: map[history.Kind]int{history.Send: 2}})
	require.Equal(t, []string{"need"}, report.Broken())
	require.Contains(t, report.String(), `1 events of the kind "send", and needs 2`)
}

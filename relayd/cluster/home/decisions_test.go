package home_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/cluster/home"
)

var (
	a  = home.Instance{Name: "a", Number: 1}
	a2 = home.Instance{Name: "a", Number: 2}
	b  = home.Instance{Name: "b", Number: 3}

	up   = home.Marks{Alive: true, Recent: true, Kept: true}
	dead = home.Marks{Kept: true}
)

// at is a directory in which a room lives at an instance.
func at(i home.Instance, instances map[home.Instance]home.Marks) *home.View {
	return &home.View{Revision: 7, Claim: &home.Claim{Home: i, Order: protocol.Order{Generation: 1}}, Instances: instances}
}

var both = map[home.Instance]home.Marks{a: up, b: up}

func visitOf(role home.Role) *home.Visit {
	return &home.Visit{Self: b, Role: role, Order: protocol.Order{Generation: 2}}
}

func TestARoomMovesFromALivingHomeAtMostEveryTenSeconds(t *testing.T) {
	for since, want := range map[time.Duration]home.Step{
		0:                 {Do: home.Close, Code: protocol.CodeOverloaded, After: 10 * time.Second},
		9 * time.Second:   {Do: home.Close, Code: protocol.CodeOverloaded, After: time.Second},
		10 * time.Second:  {Do: home.Write, Revision: 7},
		-time.Millisecond: {Do: home.Write, Revision: 7}, // by another node's clock
	} {
		v, view := visitOf(home.Server), at(a, both)
		view.Claim.Moved = now
		require.Equal(t, home.Forward, v.Looked(view).Do)
		require.Equal(t, want, v.Heard(home.Silent, now.Add(since)), since)
	}
}

func TestTheFailureOfAnotherMovesNothingFromALivingHome(t *testing.T) {
	for role, want := range map[home.Role]home.Step{
		home.Server:    {Do: home.Close, Code: protocol.CodeOverloaded, After: time.Second},
		home.Returning: {Do: home.Wait},
		home.Newcomer:  {Do: home.Close, Code: protocol.CodeServerAway},
	} {
		v := visitOf(role)
		v.Looked(at(a, both))
		require.Equal(t, want, v.Heard(home.Recent, now), role)
	}
}

func TestAHomeThatIsFullKeepsItsRoom(t *testing.T) {
	for role, want := range map[home.Role]home.Step{
		home.Server:    {Do: home.Close, Code: protocol.CodeOverloaded},
		home.Returning: {Do: home.Close, Code: protocol.CodeOverloaded, After: home.Crowded},
		home.Newcomer:  {Do: home.Close, Code: protocol.CodeServerAway},
	} {
		v := visitOf(role)
		v.Looked(at(a, both))
		require.Equal(t, want, v.Heard(home.Full, now), role)
	}
}

func TestANodeThatWasLateMovesNothing(t *testing.T) {
	v := visitOf(home.Server)
	v.Looked(at(a, both))
	require.Equal(t, home.Step{Do: home.Close, Code: protocol.CodeOverloaded}, v.Heard(home.Late, now))
}

func TestADeadHomeIsReplacedWithoutDelay(t *testing.T) {
	for _, answer := range []home.Answer{home.Refused, home.Silent, home.Recent, home.Other} {
		v, view := visitOf(home.Server), at(a, map[home.Instance]home.Marks{a: dead, b: up})
		view.Claim.Moved = now
		v.Looked(view)
		require.Equal(t, home.Step{Do: home.Write, Revision: 7}, v.Heard(answer, now))
	}
}

func TestAClaimThatCannotBeReadIsNotKnown(t *testing.T) { // as during the rotation of the key
	view := &home.View{Revision: 7, Instances: both}
	require.Equal(t, home.Step{Do: home.Close, Code: protocol.CodeServerAway}, visitOf(home.Newcomer).Looked(view))
	require.Equal(t, home.Step{Do: home.Wait}, visitOf(home.Returning).Looked(view))
	require.Equal(t, home.Step{Do: home.Close, Code: protocol.CodeOverloaded}, visitOf(home.Server).Looked(view))
	require.Equal(t, home.Step{}, home.Keep(home.Claim{Home: b}, view))
	require.Equal(t, home.Step{}, home.Leftover(b, view))
	require.Equal(t, protocol.CodeServerAway, home.Refuse(b, view))
	require.Equal(t, home.Step{Do: home.Close, Code: protocol.CodeServerAway}, home.End(b, true, view))
}

func TestWordsThatAreTakenAreDrawnAgain(t *testing.T) {
	v := visitOf(home.NewServer)
	require.Equal(t, home.Step{Do: home.Write}, v.Start())
	for range home.Draws {
		require.Equal(t, home.Step{Do: home.Draw}, v.Wrote(home.Changed))
	}
	require.Equal(t, home.Step{Do: home.Close, Code: protocol.CodeOverloaded}, v.Wrote(home.Changed))
	require.Equal(t, home.Step{Do: home.Serve}, visitOf(home.NewServer).Wrote(home.Committed))
}

func TestANewServerGetsNoIDWhileTheDirectoryDoesNotAnswer(t *testing.T) {
	for _, result := range []home.Result{home.Unknown, home.NotAlive} {
		v := visitOf(home.NewServer)
		v.Start()
		require.Equal(t, home.Step{Do: home.Close, Code: protocol.CodeOverloaded}, v.Wrote(result))
	}
}

func TestOnlyASureViewSaysThatARoomIsNotThere(t *testing.T) {
	unsettled := up
	unsettled.Unsettled = true
	for name, view := range map[string]*home.View{
		"young":     {Instances: both, Young: true},
		"unsettled": {Instances: map[home.Instance]home.Marks{a: unsettled, b: up}},
	} {
		require.Equal(t, protocol.CodeServerAway, visitOf(home.Newcomer).Looked(view).Code, name)
	}
	require.Equal(t, protocol.CodeNoSuchServer, visitOf(home.Newcomer).Looked(&home.View{Instances: both}).Code)
	require.Equal(t, home.Step{Do: home.Wait}, visitOf(home.Returning).Looked(&home.View{Instances: both}), "a client with a token never gets that answer (R11)")
}

func TestOnlyAHomeThatCannotComeBackIsNotThere(t *testing.T) {
	recently := home.Marks{Recent: true, Kept: true}
	for name, c := range map[string]struct {
		instances map[home.Instance]home.Marks
		want      protocol.Code
	}{
		"dead":                        {map[home.Instance]home.Marks{a: dead, b: up}, protocol.CodeServerAway},
		"recent, with another run":    {map[home.Instance]home.Marks{a: recently, a2: up, b: up}, protocol.CodeServerAway},
		"long dead, with another run": {map[home.Instance]home.Marks{a: dead, a2: up, b: up}, protocol.CodeNoSuchServer},
		"forgotten":                   {map[home.Instance]home.Marks{b: up}, protocol.CodeNoSuchServer},
	} {
		view := at(a, c.instances)
		v := visitOf(home.Newcomer)
		require.Equal(t, home.Step{Do: home.Forward, To: a}, v.Looked(view), "only the home says that it has the room")
		require.Equal(t, c.want, v.Heard(home.Refused, now).Code, name)
		require.Equal(t, c.want == protocol.CodeNoSuchServer, view.Swept(a), name)
	}
}

func TestANewcomerLooksAgainTwice(t *testing.T) {
	v := visitOf(home.Newcomer)
	for range home.Lookups - 1 {
		v.Looked(at(a, both))
		require.Equal(t, home.Step{Do: home.Look}, v.Heard(home.NotHere, now))
	}
	v.Looked(at(a, both))
	require.Equal(t, home.Step{Do: home.Close, Code: protocol.CodeServerAway}, v.Heard(home.NotHere, now))
}

func TestAServerTakesItsRoomAlongFromADrainingHome(t *testing.T) {
	view := at(a, both)
	view.Claim.Draining = true
	require.Equal(t, home.Step{Do: home.Write, Revision: 7}, visitOf(home.Server).Looked(view))
	require.Equal(t, home.Step{Do: home.Forward, To: a}, visitOf(home.Newcomer).Looked(view))
}

func TestAProcessDoesNotStartBesideAnotherOfItsName(t *testing.T) {
	view := at(a, map[home.Instance]home.Marks{a: up, b: up})
	require.Equal(t, home.Entry{Rivals: []home.Instance{a}}, home.Enter(a2, false, view))
	view.Instances[a] = dead
	require.Equal(t, home.Entry{Rivals: []home.Instance{a}}, home.Enter(a2, false, view), "it may run, and be cut off from etcd")
	require.Equal(t, home.Entry{}, home.Enter(a2, true, view))
	require.Equal(t, home.Entry{Young: true}, home.Enter(b, false, &home.View{}))
}

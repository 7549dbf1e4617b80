package home_test

import (
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/cluster/home"
)

// rules are the decisions that the model takes from the code under test. A mutant replaces some.
type rules struct {
	start    func(v *home.Visit) home.Step
	looked   func(v *home.Visit, view *home.View) home.Step
	heard    func(v *home.Visit, a home.Answer, now time.Time) home.Step
	asked    func(v *home.Visit, at *home.Instance) home.Step
	wrote    func(v *home.Visit, r home.Result) home.Step
	keep     func(own home.Claim, view *home.View) home.Step
	end      func(self home.Instance, deleted bool, view *home.View) home.Step
	leftover func(self home.Instance, view *home.View) home.Step
	refuse   func(self home.Instance, view *home.View) protocol.Code
	enter    func(self home.Instance, running bool, view *home.View) home.Entry
	lost     func(written int64, view *home.View) bool
	knows    func(room, server protocol.Order) bool
	swept    func(view *home.View, i home.Instance) bool
	early    bool // HELLO does not wait for the claim
	blunt    bool // a delete is not compared
	stale    bool // a lookup shows the claim before the last
	cache    bool // a node remembers that there is no claim
	settled  bool // a node that has lost claims does not mark itself
	rename   bool // an emptied directory gets a name, and nothing else
	loose    bool // a claim that is left over is not written again
	nameless bool // the directory does not name its cluster
	hasty    bool // a process that starts does not put the recent marks of its rivals
	deaf     bool // a home does not hear of a takeover from the new home
	awake    bool // a node that was frozen goes on
}

func trueRules() rules {
	return rules{
		start:    (*home.Visit).Start,
		looked:   (*home.Visit).Looked,
		heard:    (*home.Visit).Heard,
		asked:    (*home.Visit).Asked,
		wrote:    (*home.Visit).Wrote,
		keep:     home.Keep,
		end:      home.End,
		leftover: home.Leftover,
		refuse:   home.Refuse,
		enter:    home.Enter,
		lost:     home.Lost,
		knows:    home.Knows,
		swept:    (*home.View).Swept,
	}
}

package home_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/cluster/home"
)

// TestMutants breaks one rule at a time, and asserts that the exploration finds it. Each is a
// counter-example to the rules without that one.
func TestMutants(t *testing.T) {
	const (
		noServer = "4500 for a server that lives"
		gone     = "4501 for a server that has not left"
		replaced = "4503 without a higher order"
		sure     = "two homes are sure"
		converge = "no convergence"
		cut      = "a connection is cut for another"
	)
	for _, m := range []struct {
		name, caught, shape string
		mutate              func(r *rules)
	}{
		{"HELLO before the claim", noServer, "a claim and a lookup", func(r *rules) { r.early = true }},
		{"HELLO although the outcome of the claim is unknown", noServer, "a claim and a lookup", func(r *rules) {
			r.wrote = func(v *home.Visit, got home.Result) home.Step {
				if got == home.Unknown {
					return home.Step{Do: home.Serve}
				}
				return v.Wrote(got)
			}
		}},
		{"a stale lookup", noServer, "a claim and a lookup", func(r *rules) { r.stale = true }},
		{"a node remembers that a room is not there", noServer, "a claim and a lookup", func(r *rules) { r.cache = true }},
		{"a final code after a time-out", noServer, "a home that is cut off from nodes", func(r *rules) {
			r.heard = func(v *home.Visit, a home.Answer, now time.Time) home.Step {
				return final(v.Heard(a, now))
			}
		}},
		{"a final code while the directory does not answer", noServer, "a node that is cut off from etcd and from the home", func(r *rules) {
			r.asked = func(v *home.Visit, at *home.Instance) home.Step { return final(v.Asked(at)) }
		}},
		{"the order of a foreign claim is ignored", replaced, "two copies of one identity", func(r *rules) {
			r.keep = func(own home.Claim, view *home.View) home.Step {
				next := home.Keep(own, view)
				if view.Claim != nil && view.Claim.Home != own.Home {
					return home.Step{Do: home.GiveUp, Code: protocol.CodeReplaced}
				}
				return next
			}
		}},
		{"a home replaces a claim of its own order", converge, "a home that is cut off from nodes", func(r *rules) {
			r.keep = func(own home.Claim, view *home.View) home.Step {
				next := home.Keep(own, view)
				if next.Do == home.GiveUp && next.Code == 0 {
					return home.Step{Do: home.Write, Revision: view.Revision}
				}
				return next
			}
		}},
		{"a home keeps its room against every claim", converge, "a home that is frozen", func(r *rules) {
			r.keep = func(own home.Claim, view *home.View) home.Step {
				next := home.Keep(own, view)
				if next.Do == home.GiveUp {
					return home.Step{Do: home.Write, Revision: view.Revision}
				}
				return next
			}
		}},
		{"a delete is not compared", noServer, "a goodbye and a newcomer", func(r *rules) { r.blunt = true }},
		{"4501 without an answer to the delete", gone, "a goodbye", func(r *rules) {
			r.end = func(self home.Instance, deleted bool, view *home.View) home.Step {
				next := home.End(self, deleted, view)
				if view == nil {
					next.Code = protocol.CodeServerGone
				}
				return next
			}
		}},
		{"4501 although claims may be lost", gone, "a goodbye, and an older etcd", func(r *rules) {
			r.end = func(self home.Instance, deleted bool, view *home.View) home.Step {
				next := home.End(self, deleted, view)
				if deleted && view != nil {
					next.Code = protocol.CodeServerGone
				}
				return next
			}
		}},
		{"a claim without a room is deleted", noServer, "a move whose outcome is unknown", func(r *rules) {
			r.leftover = func(self home.Instance, view *home.View) home.Step {
				next := home.Leftover(self, view)
				if next.Do == home.Adopt {
					next = home.Step{Do: home.Delete, Revision: view.Revision}
				}
				return next
			}
		}},
		{"a claim without a room is adopted as it is", noServer, "a goodbye and a newcomer", func(r *rules) { r.loose = true }},
		{"a claim without a room stays", converge, "a claim and a lookup", func(r *rules) {
			r.leftover = func(home.Instance, *home.View) home.Step { return home.Step{} }
		}},
		{"an emptied directory is not marked", noServer, "etcd comes back empty", func(r *rules) {
			r.enter = func(self home.Instance, running bool, view *home.View) home.Entry {
				e := home.Enter(self, running, view)
				return home.Entry{Rivals: e.Rivals}
			}
			r.lost = func(int64, *home.View) bool { return false }
			r.rename = true
		}},
		{"the directory does not name its cluster", noServer, "etcd comes back older while a node starts", func(r *rules) { r.nameless = true }},
		{"a node that has lost claims does not mark itself", noServer, "etcd comes back empty", func(r *rules) { r.settled = true }},
		{"the claim of a recent instance is swept", noServer, "a home that dies and starts again", func(r *rules) {
			r.swept = func(view *home.View, i home.Instance) bool { return !view.Instances[i].Alive }
		}},
		{"a start does not count as the end of the run before", noServer, "a home that is cut off, dies and starts again", func(r *rules) { r.hasty = true }},
		{"a new home does not tell the old one", noServer, "a home that is cut off from etcd, and a move that fails", func(r *rules) { r.deaf = true }},
		{"a process goes on beside another of its name", converge, "a frozen home, and another process of its name", func(r *rules) {
			r.enter = func(self home.Instance, running bool, view *home.View) home.Entry {
				e := home.Enter(self, running, view)
				if running {
					e.Rivals = nil
				}
				return e
			}
		}},
		{"a node that was frozen goes on", noServer, "a frozen home, and another process of its name", func(r *rules) { r.awake = true }},
		{"a home takes a server that was elsewhere", gone, "a server that is back at an old home", func(r *rules) {
			r.start = func(v *home.Visit) home.Step {
				if v.Open {
					return home.Step{Do: home.Serve}
				}
				return v.Start()
			}
		}},
		{"a full home refuses without a read", sure, "a full room", func(r *rules) {
			r.refuse = func(home.Instance, *home.View) protocol.Code { return protocol.CodeNoSuchServer }
		}},
	} {
		t.Run(m.name, func(t *testing.T) {
			r := trueRules()
			m.mutate(&r)
			for _, s := range shapes {
				if s.name != m.shape {
					continue
				}
				shape := s.shape
				shape.rules = &r
				n, err := explore(&shape, 300_000)
				require.ErrorContains(t, err, m.caught)
				t.Logf("found after %d states: %.600v", n, err)
				return
			}
			t.Fatal("there is no such shape")
		})
	}
}

// final turns a retry code for a newcomer into a final one.
func final(s home.Step) home.Step {
	if s.Do == home.Close && s.Code == protocol.CodeServerAway {
		s.Code = protocol.CodeNoSuchServer
	}
	return s
}

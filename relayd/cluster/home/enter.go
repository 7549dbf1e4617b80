package home

import "time"

// Frozen is how long a node may stand still (its own timers are late) without having to ask. After
// longer it lets no peer in, and answers no forwards, until it has found itself alive in the
// directory or has entered it again. Another run of the node may have taken its place.
const Frozen = 15 * time.Second

// An Entry is how an instance enters the directory: at its start, and again when its leases are
// lost.
type Entry struct {
	// Rivals are other runs of the same node. A process that starts asks each at its address: if
	// that instance answers, it does not start. If none does, it takes their alive marks, and puts
	// their recent marks anew: a rival that was cut off may have served until now. A process that
	// runs already ends, with 4000 for all its peers, if there is a rival, unless the rival's alive mark is
	// older than its own.
	Rivals []Instance

	// Young: the directory is empty or restored. The instance marks it as young for the window and
	// 25 seconds, and names the cluster that answers as its own, in the transaction with its marks.
	Young bool
}

// Enter decides how an instance enters. Running says that it has been in the directory before:
// then it puts the unsettled mark, too, until Keep rests for each of its rooms. The transaction
// that puts its marks is compared: no other run of the node has become alive.
func Enter(self Instance, running bool, view *View) (e Entry) {
	for other, m := range view.Instances {
		if other.Name == self.Name && other != self && (m.Alive || !running && m.Kept) {
			e.Rivals = append(e.Rivals, other)
		}
	}
	e.Young = view.Young || len(view.Instances) == 0
	return e
}

// Lost reports whether the directory has lost a claim that the node wrote at this revision, and did
// not delete. Then the node marks the directory as young, and itself as unsettled, before it writes
// the claim again.
func Lost(written int64, view *View) bool { return written != 0 && view.Revision == 0 }

package main

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/dustin/go-humanize"
)

const (
	// mostSets is how many sets a receiver remembers.
	mostSets = 64

	// mostFiles is how many files of one set a receiver takes unless --max-files says otherwise.
	mostFiles = 10_000
)

// A set is what a sender sends at once, if it is more than one file. Each offer names it.
type set struct {
	ID    string `json:"id"`    // 1 to 36 characters, drawn by the sender
	Files int    `json:"files"` // in all
	Size  int64  `json:"size"`  // bytes in all
}

// valid reports whether a set is one, as a peer says it.
func (s set) valid() bool {
	return len(s.ID) >= 1 && len(s.ID) <= 36 && s.Files >= 1 && s.Size >= 0
}

// sets are the sets of files that were offered, with what was answered.
type sets struct {
	mu    sync.Mutex
	known []*taking // guarded by mu; the one that was offered a file of last is at the end
}

// A taking is a set that is being received.
type taking struct {
	set      set           // static
	asked    atomic.Bool   // an offer has undertaken to answer it
	answered chan struct{} // closed when the answer is there
	answer   answer        // static once it is
	why      string        // of a refusal; static once it is there

	mu      sync.Mutex
	offered map[string]int64 // guarded by mu, as is all below: the size of each file
	size    int64            // of all of them
	there   map[string]place // of the files that have come
	known   int              // how many of these it knows of
	gauge   *gauge           // nil until content comes
}

// A place is that of a file in the folder for received files.
type place struct {
	name  string
	known bool // the sender knows that it is there
}

var (
	errNotAnnounced = errors.New("it is not what was announced")
	errTwice        = errors.New("this file of the set has come already")
	errNoSet        = errors.New("what is said of the set of files makes no sense")
)

// of returns the set of an offer.
func (s *sets) of(o offer) (*taking, error) {
	if !o.Of.valid() {
		return nil, errNoSet
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var t *taking
	switch i := slices.IndexFunc(s.known, func(t *taking) bool { return t.set.ID == o.Of.ID }); {
	case i < 0:
		t = &taking{set: *o.Of, answered: make(chan struct{}), offered: map[string]int64{}, there: map[string]place{}}
		s.known = slices.Delete(s.known, 0, max(0, len(s.known)+1-mostSets))
	case s.known[i].set != *o.Of:
		return nil, errNoSet
	default:
		t = s.known[i]
		s.known = slices.Delete(s.known, i, i+1)
	}
	s.known = append(s.known, t)
	return t, nil
}

// forget makes the set a new one when it is offered again.
func (s *sets) forget(t *taking) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known = slices.DeleteFunc(s.known, func(other *taking) bool { return other == t })
}

// answer returns the answer to an offer: ask asks once for a whole set. The error says that the
// sender does not do what it has announced, or that the set has too many files.
func (s *sets) answer(w *wire, o offer, most int, ask func() answer) (*taking, answer, error) {
	if o.Of == nil {
		return nil, ask(), nil
	}
	t, err := s.of(o)
	if err != nil {
		return nil, refused, err
	}
	if t.asked.CompareAndSwap(false, true) {
		a, why := refused, fmt.Sprintf("it has %s, and the other side takes %s at most", countFiles(t.set.Files), countFiles(most))
		if t.set.Files <= most {
			a, why = ask(), ""
		}
		if a == withdrawn || a == unanswered {
			s.forget(t)
		}
		t.decide(a, why)
	}
	if !t.wait(w) {
		return t, withdrawn, nil
	}
	if t.why != "" {
		return t, refused, errors.New(t.why)
	}
	if t.answer == taken {
		err = t.admit(o)
	}
	return t, t.answer, err
}

// wait waits for the answer. It returns false if the sender gives up before.
func (t *taking) wait(w *wire) bool {
	select {
	case <-t.answered:
		return true
	default:
	}
	over, stop := w.watch()
	defer stop()
	select {
	case <-t.answered:
		return true
	case <-over:
		return false
	}
}

// decide says what is answered to the set.
func (t *taking) decide(a answer, why string) {
	t.answer, t.why = a, why
	close(t.answered)
}

// admit counts an offered file. A sender that offers more than it has announced is refused. It may
// offer a file again, because it cannot know what came of the first time.
func (t *taking) admit(o offer) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	before, again := t.offered[o.key]
	if !again && len(t.offered) == t.set.Files || o.Size > t.set.Size-(t.size-before) {
		return errNotAnnounced
	}
	t.offered[o.key] = o.Size
	t.size += o.Size - before
	return nil
}

// place gives a file its place, once for each file of the set, and returns its name there. A nil
// taking is no set.
func (t *taking) place(o offer, finish func() (string, error)) (name string, err error) {
	if t == nil {
		return finish()
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, there := t.there[o.key]; there {
		return "", errTwice
	}
	if name, err = finish(); err == nil {
		t.there[o.key] = place{name: name}
	}
	return name, err
}

// placeOf returns the name of a file at its place, or what that would be.
func (t *taking) placeOf(o offer) string {
	if t != nil {
		t.mu.Lock()
		defer t.mu.Unlock()
		if at, there := t.there[o.key]; there {
			return at.name
		}
	}
	return o.path()
}

// finish notes that a file is there and that its sender knows it, and reports whether that is so
// for all.
func (t *taking) finish(o offer) (all bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if at := t.there[o.key]; !at.known {
		at.known = true
		t.there[o.key] = at
		t.known++
	}
	return t.known == t.set.Files
}

// missing returns how many files are not there yet.
func (t *taking) missing() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.set.Files - len(t.there)
}

// describe says what is offered.
func (o offer) describe() string {
	if o.Of == nil {
		return fmt.Sprintf("%s (%s)", o.path(), humanize.Bytes(uint64(o.Size)))
	}
	return fmt.Sprintf("%s (%s): %s", countFiles(o.Of.Files), humanize.Bytes(uint64(o.Of.Size)), example(o))
}

// example names the first file of a set, or its folder.
func example(o offer) string {
	if o.Folder != "" {
		return top(o.Folder) + "/"
	}
	if o.Of.Files > 1 {
		return o.Name + " and others"
	}
	return o.Name
}

func top(folder string) string {
	for dir := path.Dir(folder); dir != "."; dir = path.Dir(folder) {
		folder = dir
	}
	return folder
}

func countFiles(files int) string {
	if files == 1 {
		return "1 file"
	}
	return humanize.Comma(int64(files)) + " files"
}

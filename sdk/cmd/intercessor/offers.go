package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"
)

// answerWithin is how long an offer waits for an answer. The sender is told.
const answerWithin = patience

// offers are the offered files that the person has not answered yet.
type offers struct {
	mu      sync.Mutex
	last    int
	waiting []*asked // guarded by mu; oldest first
}

type asked struct {
	number int
	answer chan answer // holds one
}

// An answer is the result of an offer.
type answer int

const (
	unanswered answer = iota
	taken
	refused
	withdrawn // by the sender
)

// ask asks the person whether to take a file, and waits for the answer, or until broken is
// closed.
func (f *offers) ask(ctx context.Context, screen *screen, o offer, from string, broken <-chan struct{}) answer {
	f.mu.Lock()
	f.last++
	q := &asked{f.last, make(chan answer, 1)}
	f.waiting = append(f.waiting, q)
	f.mu.Unlock()
	screen.event("%s offers %s: /take %d, or /refuse %d", from, o.describe(), q.number, q.number)
	late := time.NewTimer(answerWithin)
	defer late.Stop()
	select {
	case given := <-q.answer:
		return given
	case <-broken:
		_, _ = f.remove(q.number)
		return withdrawn
	case <-late.C:
	case <-ctx.Done():
	}
	_, _ = f.remove(q.number)
	return unanswered
}

// remove removes a waiting offer by its number; 0 means the oldest.
func (f *offers) remove(number int) (*asked, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, q := range f.waiting {
		if number == 0 || q.number == number {
			f.waiting = append(f.waiting[:i:i], f.waiting[i+1:]...)
			return q, nil
		}
	}
	if number == 0 {
		return nil, errors.New("no file waits for an answer")
	}
	return nil, fmt.Errorf("no file %d waits for an answer", number)
}

// answer answers an offer. An empty operand means the oldest.
func (f *offers) answer(operand string, take bool) error {
	number := 0
	if operand != "" {
		var err error
		if number, err = strconv.Atoi(operand); err != nil || number < 1 {
			return fmt.Errorf("%s is not the number of an offer", operand)
		}
	}
	q, err := f.remove(number)
	if err != nil {
		return err
	}
	if take {
		q.answer <- taken
	} else {
		q.answer <- refused
	}
	return nil
}

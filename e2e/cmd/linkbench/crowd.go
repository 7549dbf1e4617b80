//go:build linux

package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/sebas642/intercessor/e2e/cmd/internal/command"
)

// settleWithin is how long the outcomes of the last messages may take.
const settleWithin = time.Minute

// A crowd is the pairs that talk while they are cut off again and again.
type crowd struct {
	b      *bench
	pairs  []*pair
	talks  []*talk // two for each pair, one beside the other
	sights []*sight

	stop   chan struct{}
	hear   context.CancelFunc
	saying sync.WaitGroup // say and learn
	rest   sync.WaitGroup // hear and follow
}

// newCrowd opens pairs and lets them talk.
func (b *bench) newCrowd(n int, r route) (*crowd, error) {
	pairs, err := b.openPairs(n, r)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(b.Ctx)
	c := &crowd{b: b, pairs: pairs, stop: make(chan struct{}), hear: cancel}
	start := time.Now()
	for _, p := range pairs {
		sight := new(sight)
		c.sights = append(c.sights, sight)
		c.rest.Go(func() { sight.follow(ctx, p.client) })
		c.rest.Go(func() { sight.follow(ctx, p.server) })
		for _, t := range []*talk{newTalk(p.client, p.server, start), newTalk(p.server, p.client, start)} {
			c.talks = append(c.talks, t)
			c.rest.Go(func() { t.hear(ctx) })
			c.saying.Go(func() { t.say(ctx, c.stop) })
			c.saying.Go(func() { t.learn(ctx) })
		}
	}
	return c, nil
}

// wait lets everybody talk for a while.
func (c *crowd) wait(d time.Duration) error {
	select {
	case <-time.After(d):
		return c.failure()
	case <-c.b.Ctx.Done():
		return command.ErrInterrupted
	}
}

func (c *crowd) failure() error {
	for _, t := range c.talks {
		if err := t.failure(); err != nil {
			return err
		}
	}
	return nil
}

// watch begins to look at what a fault does.
func (c *crowd) watch() {
	for _, t := range c.talks {
		t.watch()
	}
	for _, s := range c.sights {
		s.begin()
	}
}

// awaitAll waits until each end has got a message that was sent from now on.
func (c *crowd) awaitAll(within time.Duration) error {
	var all []<-chan struct{}
	for _, t := range c.talks {
		all = append(all, t.await())
	}
	late := time.After(within)
	for i, back := range all {
		select {
		case <-back:
		case <-late:
			if err := c.failure(); err != nil {
				return err
			}
			return fmt.Errorf("talk %d of %d, and perhaps more, got no message that was sent after the cut within %v", i+1, len(all), within)
		case <-c.b.Ctx.Done():
			return command.ErrInterrupted
		}
	}
	return c.failure()
}

// end stops the talks, waits for every outcome, closes the pairs and says what became
// of the messages.
func (c *crowd) end() tally {
	close(c.stop)
	said := make(chan struct{})
	go func() {
		defer close(said)
		c.saying.Wait()
	}()
	select {
	case <-said:
	case <-time.After(settleWithin):
	}
	c.hear() // whoever still waits for an outcome now says so
	<-said
	c.rest.Wait()
	closePairs(c.b.Ctx, c.pairs)
	all := tally{outcomes: map[string]int{}}
	for _, t := range c.talks {
		all.add(t.sent, &t.numbers)
		for word, count := range t.outcomes {
			all.outcomes[word] += count
		}
	}
	return all
}

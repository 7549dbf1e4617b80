package main

// A Seed is a bug that somebody could have written.
type Seed struct {
	Name  string // a sentence without a full stop: what the bug does
	Rule  string // the rule of the checker that must catch it
	Suite Suite  // the proof that must notice
	Edits []Edit
}

// An Edit replaces Old, which must stand exactly once in File, by New.
type Edit struct {
	File     string // from the workspace's root
	Old, New string
}

// A Suite is a short proof: go test of a package, of the tests that match Run.
type Suite struct {
	Package string // from the workspace's root
	Run     string
}

var (
	linkSuite  = Suite{"./e2e/prove/linkproof", "^TestShort"}
	relaySuite = Suite{"./e2e/prove/relayproof", "^TestShort[^O]"}
	ownerSuite = Suite{"./e2e/prove/relayproof", "^TestShortOwnership"}
	sdkSuite   = Suite{"./e2e/prove/sdkproof", "^TestSeeds"}
)

// all are the seeds of every list.
func all() []Seed {
	var seeds []Seed
	for _, list := range [][]Seed{linkSeeds, relaySeeds, ownerSeeds, sdkSeeds} {
		seeds = append(seeds, list...)
	}
	return seeds
}

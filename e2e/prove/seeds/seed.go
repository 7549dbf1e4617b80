package main

// A Seed is a plausible bug.
type Seed struct {
	Name  string // a sentence without a full stop: what the bug does
	Rule  string // the rule that must catch it, of the checker (C), of PROTOCOL.md, or of docs/cluster.md (N)
	Suite Suite  // the proof that must notice
	Edits []Edit
}

// An Edit says that in one function the code Old becomes New. Old is one expression, a run
// of statements, or a run of the cases of a switch, and must occur exactly once in the
// function. It is compared as syntax: comments and layout do not matter. New may be empty.
type Edit struct {
	In       string // the folder, from the workspace's root, and the function: protocol/link.Link.Close
	Old, New string
}

// A Suite is a short proof: go test of a package, of the tests that match Run.
type Suite struct {
	Package string // from the workspace's root
	Run     string
}

var (
	linkSuite   = Suite{"./e2e/prove/linkproof", "^TestShort"}
	relaySuite  = Suite{"./e2e/prove/relayproof", "^TestShort[^O]"}
	ownerSuite  = Suite{"./e2e/prove/relayproof", "^TestShortOwnership"}
	pathSuite   = Suite{"./e2e/prove/linkproof", "^TestShortTwoPaths"}
	ruleSuite   = Suite{"./protocol/link", "^Test(F1|L14|L7An|W2|W3|HealthW4|InFlightW5|RepairW6)"}
	streamSuite = Suite{"./e2e/prove/linkproof", "^TestShortStreams"}
	creditSuite = Suite{"./protocol/link", "^Test(S[1-6]|L12On)"}
	peerSuite   = Suite{"./e2e/native", "^TestNativeW3"}
	muxSuite    = Suite{"./sdk", "^TestW9"}
	bothSuite   = Suite{"./e2e/prove/pathproof", "^TestSeeds"}
	sdkSuite    = Suite{"./e2e/prove/sdkproof", "^TestSeeds"}
)

// clusterSuite is a test of a rule of docs/cluster.md, with real processes.
func clusterSuite(test string) Suite {
	return Suite{"./e2e/prove/clusterproof", "^Test" + test + "$"}
}

// all returns the seeds of every list.
func all() []Seed {
	var seeds []Seed
	for _, list := range [][]Seed{linkSeeds, pathSeeds, streamSeeds, relaySeeds, ownerSeeds, sdkSeeds, muxSeeds, repairSeeds, bothSeeds, clusterSeeds} {
		seeds = append(seeds, list...)
	}
	return seeds
}

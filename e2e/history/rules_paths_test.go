package history_test

// A direct path between a and s.
const direct = prologue + `
		10 a path peer=S conn=1 name=direct
		10 s path peer=A conn=1 name=direct`

var pathVerdicts = []verdict{
	{"", "the path is no more when nothing passes", direct + `
		20 S deaf
		10000 a path peer=S conn=1 name=relay
		15019 s path peer=A conn=1 name=relay
		40000 S hears
		41000 a path peer=S conn=1 name=direct`},
	{"C17", "it still is at one end", direct + `
		20 S deaf
		10000 a path peer=S conn=1 name=relay
		15021 s path peer=A conn=1 name=relay`},
	{"C17", "it comes while nothing passes", direct + `
		15 a path peer=S conn=1 name=relay
		20 A deaf
		21 a path peer=S conn=1 name=direct
		22 a path peer=S conn=1 name=relay
		23 s path peer=A conn=1 name=relay`},
	{"C17", "the relay has gone", direct + `
		20 a lost
		21 s away peer=A conn=1`},
	{"", "both have gone", direct + `
		20 a lost
		21 s path peer=A conn=1 name=relay
		21 s away peer=A conn=1`},
	{"C17", "the window of the relay is over", direct + `
		20 a lost
		70021 s gone peer=A conn=1 reason=given-up`},
	{"", "the peer has left", direct + `
		20 a close peer=S conn=1
		21 s gone peer=A conn=1 reason=left`},
	{"", "all is well again", direct + `
		20 - fault
		21 a path peer=S conn=1 name=relay
		22 s path peer=A conn=1 name=relay
		30 - healed
		60025 a path peer=S conn=1 name=direct
		60026 s path peer=A conn=1 name=direct
		70000 - fault`},
	{"C17", "all is well for long, and the path is not there", direct + `
		20 - fault
		21 a path peer=S conn=1 name=relay
		30 - healed
		60031 a path peer=S conn=1 name=direct
		70000 - fault`},
	{"", "it is well for too short a time", direct + `
		20 - fault
		21 a path peer=S conn=1 name=relay
		30 - healed
		60020 - fault`},
	{"", "nothing crosses", prologue + `
		10 a bound name=relay
		11 A crossed name=direct value=0
		12 A crossed name=relay value=9
		12 B crossed name=direct value=9`},
	{"C18", "a direct path that was excluded", prologue + `
		10 a bound name=relay
		11 A crossed name=direct value=1`},
	{"C18", "the relay was excluded", prologue + `
		10 a bound name=direct
		11 A crossed name=relay value=1`},

	{"", "the server has ended", prologue + `
		10 s stop reason=closed
		11 a final name=4501
		12 new final name=4500`},
	{"", "another program has the ID", prologue + `
		10 a2 start
		11 a final name=4503`},
	{"C19", "the server lives", prologue + `10 a final name=4501`},
	{"C19", "the server lives, and a newcomer comes", prologue + `10 new final name=4500`},
	{"C19", "no other program has the ID", prologue + `10 a final name=4503`},
	{"C19", "the other program has ended", prologue + `
		10 a2 start
		11 a2 stop reason=closed
		12 a final name=4503`},
	{"C19", "no operator sends peers away", prologue + `10 a final name=4504`},
}

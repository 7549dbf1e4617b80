package history_test

// A stream that a opened, number 2 of link l, and the 20 bytes that it writes.
const stream = prologue + `
		10 a wrote peer=S conn=1 link=l stream=2 seq=10 hash=h1
		11 a wrote peer=S conn=1 link=l stream=2 seq=20 hash=h2`

var streamVerdicts = []verdict{
	{"", "a stream", stream + `
		12 s read peer=A conn=1 link=l stream=2 seq=10 hash=h1
		13 a ended peer=S conn=1 link=l stream=2
		14 s read peer=A conn=1 link=l stream=2 seq=20 hash=h2
		15 s eof peer=A conn=1 link=l stream=2 seq=20
		16 a sent peer=S conn=1 link=l stream=2 name=delivered`},
	{"", "a stream that is stopped", stream + `
		12 s read peer=A conn=1 link=l stream=2 seq=10 hash=h1
		13 s cut peer=A conn=1 link=l stream=2 name=stop
		14 a sent peer=S conn=1 link=l stream=2 name=refused`},
	{"", "read at other cuts than it was written", stream + `
		12 s read peer=A conn=1 link=l stream=2 seq=15 hash=x
		13 s read peer=A conn=1 link=l stream=2 seq=20 hash=h2`},
	{"", "closed, and then killed", stream + `
		13 a ended peer=S conn=1 link=l stream=2
		14 a stop reason=killed`},
	{"C15", "other bytes", stream + `
		12 s read peer=A conn=1 link=l stream=2 seq=10 hash=h2`},
	{"C15", "bytes that were never written", stream + `
		12 s read peer=A conn=1 link=l stream=2 seq=21 hash=h3`},
	{"C15", "bytes again", stream + `
		12 s read peer=A conn=1 link=l stream=2 seq=10 hash=h1
		13 s read peer=A conn=1 link=l stream=2 seq=10 hash=h1`},
	{"C15", "an end that was not written", stream + `
		12 s read peer=A conn=1 link=l stream=2 seq=20 hash=h2
		13 s eof peer=A conn=1 link=l stream=2 seq=20`},
	{"C15", "an end after a cut only", stream + `
		12 a cut peer=S conn=1 link=l stream=2 name=abort
		13 s eof peer=A conn=1 link=l stream=2 seq=20
		14 a sent peer=S conn=1 link=l stream=2 name=unknown`},
	{"C15", "an end before all bytes", stream + `
		12 a ended peer=S conn=1 link=l stream=2
		13 s read peer=A conn=1 link=l stream=2 seq=10 hash=h1
		14 s eof peer=A conn=1 link=l stream=2 seq=10
		14 s close peer=A conn=1
		15 a sent peer=S conn=1 link=l stream=2 name=unknown`},
	{"C15", "bytes after the end", stream + `
		12 a ended peer=S conn=1 link=l stream=2
		13 s read peer=A conn=1 link=l stream=2 seq=20 hash=h2
		14 s eof peer=A conn=1 link=l stream=2 seq=20
		15 a wrote peer=S conn=1 link=l stream=2 seq=21 hash=h3
		16 s read peer=A conn=1 link=l stream=2 seq=21 hash=h3
		16 s close peer=A conn=1
		17 a sent peer=S conn=1 link=l stream=2 name=unknown`},
	{"C16", "delivered before it was read", stream + `
		12 a ended peer=S conn=1 link=l stream=2
		13 s read peer=A conn=1 link=l stream=2 seq=10 hash=h1
		14 a sent peer=S conn=1 link=l stream=2 name=delivered`},
	{"C16", "refused, and read later", stream + `
		12 a ended peer=S conn=1 link=l stream=2
		13 a sent peer=S conn=1 link=l stream=2 name=refused
		14 s read peer=A conn=1 link=l stream=2 seq=20 hash=h2
		15 s eof peer=A conn=1 link=l stream=2 seq=20`},
	{"C16", "refused after it was read", stream + `
		12 a ended peer=S conn=1 link=l stream=2
		14 s read peer=A conn=1 link=l stream=2 seq=20 hash=h2
		15 s eof peer=A conn=1 link=l stream=2 seq=20
		16 a sent peer=S conn=1 link=l stream=2 name=refused`},
	{"C16", "two outcomes", stream + `
		12 a sent peer=S conn=1 link=l stream=2 name=unknown
		13 a sent peer=S conn=1 link=l stream=2 name=refused`},
	{"C16", "none", stream + `
		12 a ended peer=S conn=1 link=l stream=2`},
	{"C16", "none of a program that has left", stream + `
		12 a ended peer=S conn=1 link=l stream=2
		13 a stop reason=closed`},
	{"C16", "unknown for no reason", stream + `
		12 a ended peer=S conn=1 link=l stream=2
		13 a sent peer=S conn=1 link=l stream=2 name=unknown`},
	{"C16", "late", stream + `
		12 a ended peer=S conn=1 link=l stream=2
		13 s read peer=A conn=1 link=l stream=2 seq=20 hash=h2
		14 s eof peer=A conn=1 link=l stream=2 seq=20
		90013 a sent peer=S conn=1 link=l stream=2 name=delivered`},
	{"", "unknown after a close", stream + `
		12 a ended peer=S conn=1 link=l stream=2
		13 a close peer=S conn=1
		14 a sent peer=S conn=1 link=l stream=2 name=unknown`},
}

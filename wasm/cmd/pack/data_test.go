package main

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"
)

// module returns a WebAssembly module with only a data section and a custom section.
func module(pieces []piece) []byte {
	b := []byte("\x00asm\x01\x00\x00\x00")
	content := appendData(nil, pieces)
	b = append(b, 0, 3, 1, 'x', 9) // a custom section
	return append(binary.AppendUvarint(append(b, 11), uint64(len(content))), content...)
}

func same([]byte) error { return nil }

func memory(t *testing.T, module []byte) []byte {
	t.Helper()
	at := bytes.Index(module, []byte{0, 3, 1, 'x', 9})
	if at < 0 {
		t.Fatal("the other section is gone")
	}
	r := reader{rest: module[at+5:]}
	if id := r.byte(); id != 11 {
		t.Fatalf("section %d", id)
	}
	memory, err := readData(r.bytes())
	if err != nil {
		t.Fatal(err)
	}
	return memory
}

func TestRewrittenDataFillsTheSameMemory(t *testing.T) {
	for seed := range uint64(50) {
		random := rand.New(rand.NewPCG(seed, 0))
		var pieces []piece
		for at := random.Int64N(200); at < 1<<16; at += 1 + random.Int64N(300) {
			content := make([]byte, 1+random.IntN(40))
			for i := range content {
				content[i] = byte(random.Uint32())
			}
			pieces = append(pieces, piece{at, content})
			at += int64(len(content))
		}
		want := module(slices.Clone(pieces))
		random.Shuffle(len(pieces), func(i, k int) { pieces[i], pieces[k] = pieces[k], pieces[i] })
		got, err := rewriteData(module(pieces), same)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(memory(t, got), memory(t, want)) {
			t.Fatalf("seed %d: the memory differs", seed)
		}
		if n := len(split(memory(t, got))); n > len(pieces)*3/4 {
			t.Errorf("seed %d: %d pieces became %d", seed, len(pieces), n)
		}
	}
}

func TestRewriteDataRefusesWhatItDoesNotKnow(t *testing.T) {
	good := module([]piece{{8, []byte("abc")}})
	for name, bad := range map[string][]byte{
		"nothing":         nil,
		"another file":    []byte("#!/bin/sh\necho hello"),
		"cut off":         good[:len(good)-1],
		"another segment": bytes.Replace(good, []byte{1, 0, 0x41}, []byte{1, 1, 0x41}, 1),
	} {
		if _, err := rewriteData(bad, same); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestAddressesKeepTheirSign(t *testing.T) {
	for _, n := range []int64{0, 1, 63, 64, 127, 128, 1 << 20, 1<<31 - 1, -1, -64, -65, -1 << 31} {
		r := reader{rest: appendSint(nil, n)}
		if got := r.sint(); got != n || r.short || len(r.rest) > 0 {
			t.Errorf("%d became %d", n, got)
		}
	}
}

package main

import (
	"bytes"
	"testing"
)

func TestSplitNames(t *testing.T) {
	const head = "\x00asm\x01\x00\x00\x00"
	const build, code, names = "\x00\x06\x05built", "\x0a\x03abc", "\x00\x08\x04nameabc"
	rest, got, err := splitNames([]byte(head + build + code + names))
	if err != nil {
		t.Fatal(err)
	}
	if string(rest) != head+code || string(got) != names {
		t.Errorf("%q and %q", rest, got)
	}
	whole, again, err := splitNames(append(bytes.Clone(rest), got...))
	if err != nil || !bytes.Equal(whole, rest) || !bytes.Equal(again, got) {
		t.Errorf("appended: %q and %q, %v", whole, again, err)
	}
	for name, bad := range map[string]string{
		"nothing":      "",
		"no names":     head + code,
		"cut off":      head + code + names[:len(names)-1],
		"another file": "#!/bin/sh\necho hello",
	} {
		if _, _, err := splitNames([]byte(bad)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

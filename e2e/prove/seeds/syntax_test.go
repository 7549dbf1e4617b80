package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

const source = `package p

type T[M any] struct{ n int }

func (t *T[M]) Do(list ...int) {
	// A comment, and odd layout.
	if t.n  >  1 { // another
		t.n = 2 // the last
	}
	switch {
	case t.n == 1:
		t.n++; t.n = 2
	case t.n == 3:
		other(list...)
	}
}

func other(list ...int) {}
`

func TestAnEditIsFoundBySyntax(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{"if t.n > 1 {\n t.n = 2 }", "t.n = 4", "odd layout.\n\tt.n = 4\n\tswitch"},
		{"t.n > 1", "false", "\tif false { // another"},
		{"t.n++; t.n = 2", "", "case t.n == 1:\n\t\t\n\tcase"},
		{"case t.n == 1: t.n++; t.n = 2", "", "switch {\n\t\n\tcase t.n == 3"},
		{"other(list...)", "other()", "\t\tother()\n"},
	} {
		text, err := put(t, Edit{In: "p.T.Do", Old: c.old, New: c.new})
		require.NoError(t, err)
		require.Contains(t, text, c.want)
	}
}

func TestAnEditThatDoesNotFitSaysSo(t *testing.T) {
	for _, c := range []struct {
		edit Edit
		want string
	}{
		{Edit{In: "p.T.Do", Old: "t.n = 3"}, `the seeded bug "b" cannot be put into p: T.Do no longer has its old code`},
		{Edit{In: "p.T.Do", Old: "t.n = 2"}, "T.Do has its old code 2 times"},
		{Edit{In: "p.T.Do", Old: "other(list)"}, "T.Do no longer has its old code"},
		{Edit{In: "p.other", Old: "t.n > 1"}, "other no longer has its old code"},
		{Edit{In: "p.Do", Old: "t.n > 1"}, "there are 0 functions Do"},
		{Edit{In: "p.T.Do", Old: "if {"}, "its old code is not Go"},
		{Edit{In: "p.T.Do", Old: " "}, "its old code is not Go"},
		{Edit{In: "q.Do", Old: "x"}, "cannot be put in"},
	} {
		_, err := put(t, c.edit)
		require.ErrorContains(t, err, c.want)
	}
}

// put returns the source with an edit applied.
func put(t *testing.T, e Edit) (string, error) {
	root := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(root, "p"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(root, "p", "p.go"), []byte(source), 0o600))
	texts, err := Seed{Name: "b", Edits: []Edit{e}}.change(root)
	return string(texts[filepath.Join("p", "p.go")]), err
}

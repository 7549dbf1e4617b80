package access_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// secretive are the names of what an attacker would like to learn byte by byte.
var secretive = regexp.MustCompile(`(?i)secret|passphrase|password|digest|mac$|\bmac\b|\bkey$|token$|credential$`)

// admission are the folders of the packages that compare secrets.
var admission = map[string]bool{"../access": true, "../edge": true, "../quota": true, "../resume": true}

// TestSecretsAreComparedInConstantTime: the packages of admission compare no secret with ==, !=, a
// switch, bytes.Equal, strings.Compare or similar, whose time depends on how much of it is right.
func TestSecretsAreComparedInConstantTime(t *testing.T) {
	require.NotEmpty(t, leaks(t, `package p; func f(secret, given string) bool { return secret == given }`))
	require.NotEmpty(t, leaks(t, `package p; func f(r R) bool { return bytes.Equal(r.Secret, given) }`))
	require.NotEmpty(t, leaks(t, `package p; func f(p P) { switch p.passphrase { case "x": } }`))
	require.NotEmpty(t, leaks(t, `package p; func f(digest []byte) bool { return string(digest) != "x" }`))
	require.Empty(t, leaks(t, `package p; func f(secret []byte) bool { return secret == nil || len(secret) == 0 || hmac.Equal(secret, nil) }`))

	names, err := filepath.Glob("../*/*.go")
	require.NoError(t, err)
	require.Contains(t, names, "../access/passphrase.go")
	for _, name := range names {
		if !strings.HasSuffix(name, "_test.go") && admission[filepath.Dir(name)] {
			file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
			require.NoError(t, err)
			require.Empty(t, leaksIn(file), name)
		}
	}
}

func leaks(t testing.TB, source string) []string {
	file, err := parser.ParseFile(token.NewFileSet(), "", source, 0)
	require.NoError(t, err)
	return leaksIn(file)
}

// leaksIn returns the secrets that are compared in a way that leaks.
func leaksIn(file *ast.File) (found []string) {
	check := func(operands ...ast.Expr) {
		for _, e := range operands {
			if isPublic(e) {
				return // "is there one?" leaks nothing
			}
		}
		for _, e := range operands {
			if name := nameOf(e); secretive.MatchString(name) {
				found = append(found, name)
			}
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BinaryExpr:
			if n.Op == token.EQL || n.Op == token.NEQ {
				check(n.X, n.Y)
			}
		case *ast.SwitchStmt:
			if n.Tag != nil {
				check(n.Tag)
			}
		case *ast.CallExpr:
			if f, ok := n.Fun.(*ast.SelectorExpr); ok && regexp.MustCompile(`^(bytes|strings|slices|reflect)$`).MatchString(nameOf(f.X)) &&
				regexp.MustCompile(`^(Equal|EqualFold|Compare|DeepEqual|HasPrefix|HasSuffix|Index)$`).MatchString(f.Sel.Name) {
				check(n.Args...)
			}
		}
		return true
	})
	return found
}

// isPublic says whether an operand is nil, the empty text or a number.
func isPublic(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name == "nil"
	case *ast.BasicLit:
		return e.Kind != token.STRING || e.Value == `""`
	}
	return false
}

// nameOf returns the last name of an expression, through conversions and slices.
func nameOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	case *ast.SliceExpr:
		return nameOf(e.X)
	case *ast.ParenExpr:
		return nameOf(e.X)
	case *ast.IndexExpr:
		return nameOf(e.X)
	case *ast.CallExpr:
		if f, ok := e.Fun.(*ast.Ident); ok && f.Name == "string" && len(e.Args) == 1 {
			return nameOf(e.Args[0])
		}
		if a, ok := e.Fun.(*ast.ArrayType); ok && a.Len == nil && len(e.Args) == 1 {
			return nameOf(e.Args[0])
		}
	}
	return ""
}

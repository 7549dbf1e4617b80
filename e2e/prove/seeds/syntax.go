package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
)

// A place is a range of bytes in a file.
type place struct {
	file     string
	from, to int
}

// find returns the one place in the function that has the syntax of code.
func find(fset *token.FileSet, files []*ast.File, function, code string) (place, error) {
	pattern, err := parseCode(code)
	if err != nil {
		return place{}, fmt.Errorf("its old code is not Go: %w:\n%s", err, code)
	}
	var functions int
	var places []place
	for _, file := range files {
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Body != nil && nameOf(f) == function {
				functions++
				matches(f.Body, pattern, func(first, last ast.Node) {
					from, to := fset.Position(first.Pos()), fset.Position(last.End())
					places = append(places, place{from.Filename, from.Offset, to.Offset})
				})
			}
		}
	}
	switch {
	case functions != 1:
		return place{}, fmt.Errorf("there are %d functions %s; name one", functions, function)
	case len(places) == 0:
		return place{}, fmt.Errorf("%s no longer has its old code; rewrite the edit. It was:\n%s", function, code)
	case len(places) > 1:
		return place{}, fmt.Errorf("%s has its old code %d times; give more of it:\n%s", function, len(places), code)
	}
	return places[0], nil
}

// nameOf returns a function's name, after its receiver's type.
func nameOf(f *ast.FuncDecl) string {
	if f.Recv == nil {
		return f.Name.Name
	}
	receiver := f.Recv.List[0].Type
	for {
		switch t := receiver.(type) {
		case *ast.StarExpr:
			receiver = t.X
		case *ast.IndexExpr: // a type parameter
			receiver = t.X
		case *ast.Ident:
			return t.Name + "." + f.Name.Name
		default:
			return f.Name.Name
		}
	}
}

// parseCode reads an expression, statements, or cases.
func parseCode(code string) ([]ast.Node, error) {
	if e, err := parser.ParseExprFrom(token.NewFileSet(), "", code, parser.SkipObjectResolution); err == nil {
		return []ast.Node{e}, nil
	}
	body := func(before, behind string) ([]ast.Stmt, error) {
		file, err := parser.ParseFile(token.NewFileSet(), "", "package p; func _() {"+before+code+"\n"+behind+"}", parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		return file.Decls[0].(*ast.FuncDecl).Body.List, nil
	}
	list, err := body("", "")
	if err != nil {
		var cases []ast.Stmt
		if cases, _ = body("switch {", "}"); len(cases) != 1 {
			return nil, err
		}
		list = cases[0].(*ast.SwitchStmt).Body.List
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("it is empty")
	}
	var nodes []ast.Node
	for _, s := range list {
		nodes = append(nodes, s)
	}
	return nodes, nil
}

// matches calls found with the first and the last node of each match of the pattern in body: a
// node, or a run of statements in one list.
func matches(body *ast.BlockStmt, pattern []ast.Node, found func(first, last ast.Node)) {
	ast.Inspect(body, func(n ast.Node) bool {
		if len(pattern) == 1 && n != nil && equal(reflect.ValueOf(n), reflect.ValueOf(pattern[0])) {
			found(n, n)
		}
		var list []ast.Stmt
		switch n := n.(type) {
		case *ast.BlockStmt:
			list = n.List
		case *ast.CaseClause:
			list = n.Body
		case *ast.CommClause:
			list = n.Body
		}
		for i := 0; len(pattern) > 1 && i+len(pattern) <= len(list); i++ {
			run := list[i : i+len(pattern)]
			same := true
			for k, s := range run {
				same = same && equal(reflect.ValueOf(s), reflect.ValueOf(pattern[k]))
			}
			if same {
				found(run[0], run[len(run)-1])
			}
		}
		return true
	})
}

// equal compares syntax trees. Of positions it compares only whether they are valid: f(x...)
// has a position for the dots.
func equal(a, b reflect.Value) bool {
	if a.Type() != b.Type() {
		return false
	}
	switch {
	case a.Type() == reflect.TypeFor[token.Pos]():
		return (a.Int() == 0) == (b.Int() == 0)
	case a.Kind() == reflect.Pointer || a.Kind() == reflect.Interface:
		return a.IsNil() == b.IsNil() && (a.IsNil() || equal(a.Elem(), b.Elem()))
	case a.Kind() == reflect.Slice:
		same := a.Len() == b.Len()
		for i := 0; same && i < a.Len(); i++ {
			same = equal(a.Index(i), b.Index(i))
		}
		return same
	case a.Kind() == reflect.Struct:
		same := true
		for i := 0; same && i < a.NumField(); i++ {
			same = equal(a.Field(i), b.Field(i))
		}
		return same
	}
	return a.Equal(b)
}

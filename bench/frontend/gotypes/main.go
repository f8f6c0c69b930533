// Type-checks a package of the standard library with everything that it imports, by go/parser and go/types: what
// `ghog check` is compared with. Usage: gotypes GOROOT PACKAGE.
//
// Packages are parsed and checked as soon as their imports are, as many at once as GOMAXPROCS says.
package main

import (
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
)

type node struct {
	path    string
	files   []string
	imports map[string]*node
	done    chan struct{}
	pkg     *types.Package
}

type graph struct {
	context build.Context
	src     string
	fset    *token.FileSet
	nodes   map[string]*node
}

// load finds the package and what it imports. Packages of the standard library see vendored modules under plain names.
func (g *graph) load(path string) *node {
	if n := g.nodes[path]; n != nil {
		return n
	}
	n := &node{path: path, imports: map[string]*node{}, done: make(chan struct{})}
	g.nodes[path] = n
	dir := filepath.Join(g.src, path)
	found, err := g.context.ImportDir(dir, 0)
	if err != nil {
		fail(err)
	}
	for _, name := range found.GoFiles {
		n.files = append(n.files, filepath.Join(dir, name))
	}
	for _, imported := range found.Imports {
		if imported == "unsafe" {
			continue
		}
		full := imported
		if strings.Contains(strings.Split(imported, "/")[0], ".") {
			full = "vendor/" + imported
		}
		n.imports[imported] = g.load(full)
	}
	return n
}

type importer struct{ of *node }

func (i importer) Import(path string) (*types.Package, error) {
	if path == "unsafe" {
		return types.Unsafe, nil
	}
	n := i.of.imports[path]
	if n == nil || n.pkg == nil {
		return nil, fmt.Errorf("%s was not loaded", path)
	}
	return n.pkg, nil
}

func (g *graph) check(n *node, slots chan struct{}) {
	defer close(n.done)
	for _, imported := range n.imports {
		<-imported.done
	}
	slots <- struct{}{}
	defer func() { <-slots }()
	files := make([]*ast.File, len(n.files))
	for i, name := range n.files {
		file, err := parser.ParseFile(g.fset, name, nil, parser.SkipObjectResolution)
		if err != nil {
			fail(err)
		}
		files[i] = file
	}
	info := &types.Info{
		Types:      map[ast.Expr]types.TypeAndValue{},
		Defs:       map[*ast.Ident]types.Object{},
		Uses:       map[*ast.Ident]types.Object{},
		Selections: map[*ast.SelectorExpr]*types.Selection{},
		Instances:  map[*ast.Ident]types.Instance{},
	}
	config := types.Config{
		Importer:  importer{n},
		Sizes:     types.SizesFor("gc", "amd64"),
		GoVersion: "go1.27",
	}
	pkg, err := config.Check(n.path, g.fset, files, info)
	if err != nil {
		fail(err)
	}
	n.pkg = pkg
}

func main() {
	if len(os.Args) != 3 {
		fail(fmt.Errorf("usage: gotypes GOROOT PACKAGE"))
	}
	g := &graph{context: build.Default, src: filepath.Join(os.Args[1], "src"), fset: token.NewFileSet(), nodes: map[string]*node{}}
	g.context.GOROOT = os.Args[1]
	g.context.CgoEnabled = false
	root := g.load(os.Args[2])
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	var all sync.WaitGroup
	for _, n := range g.nodes {
		all.Go(func() { g.check(n, slots) })
	}
	all.Wait()
	fmt.Printf("%s: %d packages\n", root.path, len(g.nodes))
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

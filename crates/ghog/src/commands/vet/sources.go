// Types of imported packages from their sources: part of the vet that ghog compiles.

package unitchecker

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"go/types"
	"os"
)

func init() {
	makeTypesImporter = func(cfg *Config, fset *token.FileSet) types.Importer {
		s := &sources{fset: fset, done: map[string]*types.Package{}}
		text, err := os.ReadFile(cfg.PackageFile["sources"])
		if err == nil {
			err = json.Unmarshal(text, &s.units)
		}
		return importerFunc(func(path string) (*types.Package, error) {
			if err != nil {
				return nil, err
			}
			return s.importFor(cfg.ImportMap, path)
		})
	}
}

// sources checks packages when they are imported, each once.
type sources struct {
	fset  *token.FileSet
	units map[string]*unit
	done  map[string]*types.Package
}

// A unit is one build of a package.
type unit struct {
	Path    string
	Files   []string
	Imports map[string]string
	Go      string
}

// importFor finds what path means where imports says so.
func (s *sources) importFor(imports map[string]string, path string) (*types.Package, error) {
	if path == "unsafe" {
		return types.Unsafe, nil
	}
	name, ok := imports[path]
	if !ok {
		return nil, fmt.Errorf("no import %q", path)
	}
	if pkg := s.done[name]; pkg != nil {
		return pkg, nil
	}
	u := s.units[name]
	if u == nil {
		return nil, fmt.Errorf("no package %q", name)
	}
	pkg, err := s.check(u)
	s.done[name] = pkg
	return pkg, err
}

// check checks what a package declares. Errors in it are not vet's business.
func (s *sources) check(u *unit) (*types.Package, error) {
	var files []*ast.File
	for _, name := range u.Files {
		file, err := parser.ParseFile(s.fset, name, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	config := types.Config{
		Importer:         importerFunc(func(path string) (*types.Package, error) { return s.importFor(u.Imports, path) }),
		IgnoreFuncBodies: true,
		GoVersion:        u.Go,
		Sizes:            types.SizesFor("gc", build.Default.GOARCH),
		Error:            func(error) {},
	}
	pkg, _ := config.Check(u.Path, s.fset, files, nil)
	return pkg, nil
}

//! Which files make up a program: modules, GOPATH, vendor, build constraints, the import graph, the overlay.

// SOLID: the five principles in one small program, each where it is at work.
package main

import (
	"fmt"
	"sort"
	"strings"
)

// Single responsibility: an Entry knows its data, a Formatter how they look, a Journal the order of things.
type Entry struct {
	Who   string
	Hours int
}

// Formatter is open for extension: a new format is a new type, and nothing else changes.
type Formatter interface{ Format(Entry) string }

type plain struct{}
type columns struct{ width int }

func (plain) Format(e Entry) string     { return fmt.Sprint(e.Who, ": ", e.Hours) }
func (c columns) Format(e Entry) string { return fmt.Sprintf("%-*s%3d", c.width, e.Who, e.Hours) }

// Reader and Writer are segregated: who only reads does not depend on writing.
type Reader interface{ All() []Entry }

// Writer takes entries.
type Writer interface{ Add(Entry) }

// memory implements both; it may replace any other Reader: All always answers a copy, sorted (Liskov).
type memory struct{ entries []Entry }

func (m *memory) Add(e Entry) { m.entries = append(m.entries, e) }

func (m *memory) All() []Entry {
	entries := append([]Entry(nil), m.entries...)
	sort.Slice(entries, func(i, j int) bool { return entries[i].Who < entries[j].Who })
	return entries
}

// busy is another Reader that keeps the promise of the first.
type busy struct {
	Reader
	atLeast int
}

func (b busy) All() (entries []Entry) {
	for _, e := range b.Reader.All() {
		if e.Hours >= b.atLeast {
			entries = append(entries, e)
		}
	}
	return entries
}

// Report depends on abstractions alone (dependency inversion).
func Report(from Reader, with Formatter) string {
	var lines []string
	for _, e := range from.All() {
		lines = append(lines, with.Format(e))
	}
	return strings.Join(lines, "\n")
}

func main() {
	m := &memory{}
	for _, e := range []Entry{{"rob", 8}, {"ken", 3}, {"robert", 5}} {
		Writer(m).Add(e)
	}
	fmt.Println(Report(m, plain{}))
	fmt.Println(Report(busy{m, 5}, columns{8}))
	m.All()[0].Who = "mallory"
	fmt.Println("the first is still", m.All()[0].Who)
}

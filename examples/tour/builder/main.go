// Builder: a value put together step by step and checked at the end, and the same with functional options.
package main

import (
	"errors"
	"fmt"
	"strings"
)

// Query is what is built; its zero value is no query.
type Query struct{ text string }

// Builder collects the parts; the first error stays.
type Builder struct {
	columns, conditions []string
	table               string
	limit               int
	err                 error
}

// Select starts a query.
func Select(columns ...string) *Builder { return &Builder{columns: columns} }

// From names the table.
func (b *Builder) From(table string) *Builder {
	if b.table != "" {
		b.err = errors.Join(b.err, errors.New("two tables"))
	}
	b.table = table
	return b
}

// Where adds a condition.
func (b *Builder) Where(condition string) *Builder {
	b.conditions = append(b.conditions, condition)
	return b
}

// Limit bounds the answer.
func (b *Builder) Limit(n int) *Builder {
	if n <= 0 {
		b.err = errors.Join(b.err, fmt.Errorf("limit %d", n))
	}
	b.limit = n
	return b
}

// Build checks the parts and puts them together.
func (b *Builder) Build() (Query, error) {
	if b.table == "" {
		b.err = errors.Join(b.err, errors.New("no table"))
	}
	if b.err != nil {
		return Query{}, b.err
	}
	text := "SELECT " + strings.Join(b.columns, ", ") + " FROM " + b.table
	if len(b.conditions) > 0 {
		text += " WHERE " + strings.Join(b.conditions, " AND ")
	}
	if b.limit > 0 {
		text += fmt.Sprint(" LIMIT ", b.limit)
	}
	return Query{text}, nil
}

// Server is built with options: what is not said has a default.
type Server struct {
	address string
	workers int
}

// Option changes a server that is being made.
type Option func(*Server)

// Workers sets their number.
func Workers(n int) Option { return func(s *Server) { s.workers = n } }

// NewServer applies the options to the defaults.
func NewServer(address string, options ...Option) Server {
	s := Server{address, 1}
	for _, option := range options {
		option(&s)
	}
	return s
}

func main() {
	q, err := Select("name", "age").From("gophers").Where("age > 3").Where("alive").Limit(10).Build()
	fmt.Println(q.text, err)
	_, err = Select("x").From("a").From("b").Limit(0).Build()
	fmt.Println("errors:", strings.ReplaceAll(err.Error(), "\n", "; "))
	_, err = Select("x").Build()
	fmt.Println("errors:", err)
	fmt.Println(NewServer(":80"), NewServer(":80", Workers(8)))
}

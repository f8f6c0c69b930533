// Abstract factory: families of values that belong together, chosen once.
package main

import "fmt"

// Button and Field are the products.
type (
	Button interface{ Click() string }
	Field  interface{ Show(text string) string }
)

// Toolkit makes a family of them.
type Toolkit interface {
	Button(label string) Button
	Field() Field
}

type terminal struct{}
type terminalButton string
type terminalField struct{}

func (terminal) Button(label string) Button   { return terminalButton(label) }
func (terminal) Field() Field                 { return terminalField{} }
func (b terminalButton) Click() string        { return "[" + string(b) + "]" }
func (terminalField) Show(text string) string { return "> " + text }

type page struct{ theme string }
type pageButton struct{ page, label string }
type pageField struct{ page string }

func (p page) Button(label string) Button { return pageButton{p.theme, label} }
func (p page) Field() Field               { return &pageField{p.theme} }
func (b pageButton) Click() string        { return "<button class=" + b.page + ">" + b.label + "</button>" }
func (f *pageField) Show(text string) string {
	return "<input class=" + f.page + " value=" + text + ">"
}

// form knows no concrete type, and cannot mix families.
func form(kit Toolkit) {
	fmt.Println(kit.Field().Show("gopher"))
	fmt.Println(kit.Button("OK").Click())
}

func main() {
	for _, kit := range []Toolkit{terminal{}, page{"dark"}} {
		fmt.Printf("%T makes %T and %T\n", kit, kit.Button(""), kit.Field())
		form(kit)
	}
}

// Adapter: a type with other methods made to fit an interface, in both directions.
package main

import (
	"fmt"
	"io"
	"strings"
)

// Sensor is what the program wants.
type Sensor interface{ Celsius() float64 }

// Thermometer is what there is: another unit, another method.
type Thermometer struct{ fahrenheit float64 }

// Read returns degrees Fahrenheit.
func (t *Thermometer) Read() float64 { return t.fahrenheit }

// adapted has a Thermometer and speaks Celsius.
type adapted struct{ *Thermometer }

func (a adapted) Celsius() float64 { return (a.Read() - 32) * 5 / 9 }

// lines is an adapter to io.Writer: it hands complete lines to a function.
type lines struct {
	emit func(string)
	rest string
}

func (l *lines) Write(p []byte) (int, error) {
	l.rest += string(p)
	for {
		line, rest, found := strings.Cut(l.rest, "\n")
		if !found {
			return len(p), nil
		}
		l.emit(line)
		l.rest = rest
	}
}

func main() {
	for _, degrees := range []float64{32, 212, 98.6} {
		var s Sensor = adapted{&Thermometer{degrees}}
		fmt.Printf("%5.1f F is %5.1f C\n", degrees, s.Celsius())
	}

	n := 0
	w := &lines{emit: func(line string) { n++; fmt.Println(n, line) }}
	io.Copy(w, strings.NewReader("one\ntwo\nthr"))
	io.WriteString(w, "ee\n")

	// The method of the embedded type is promoted: the adapter keeps the old interface, too.
	var reader interface{ Read() float64 } = adapted{&Thermometer{50}}
	fmt.Println("still a thermometer:", reader.Read())
}

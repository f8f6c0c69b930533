// An iterator that goes on after the loop is left, and swallows the panic that it gets for that, is found out at its end.
package main

func stubborn(yield func(int) bool) {
	for i := range 3 {
		func() {
			defer func() { recover() }()
			yield(i)
		}()
	}
}

func main() {
	defer func() { println(recover().(error).Error()) }()
	for i := range stubborn {
		println(i)
		if i == 1 {
			break
		}
	}
	println("not reached")
}

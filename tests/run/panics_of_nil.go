// What recover returns after panic(nil) is a setting, which the program may change while it runs.

//go:debug panicnil=1

package main

import (
	"fmt"
	"os"
)

func recovered() (v any) {
	defer func() { v = recover() }()
	panic(nil)
}

func main() {
	fmt.Println(recovered())
	for _, setting := range []string{"panicnil=0", "http2client=0,panicnil=1", "panicnil=1,panicnil=0", "panicnil", ""} {
		os.Setenv("GODEBUG", setting)
		fmt.Println(setting, recovered())
	}
}

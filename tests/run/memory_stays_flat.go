// What is dropped is given back: the resident set stays flat however long the program allocates, and MemStats adds up.
// FLAT_SECONDS makes it longer.
// not in: heap because collecting all the time leaves no time for the rest
package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"
)

func main() {
	seconds, err := strconv.Atoi(os.Getenv("FLAT_SECONDS"))
	if err != nil {
		seconds = 1
	}
	total := time.Duration(seconds) * time.Second
	start := time.Now()
	churn(start, total/3)
	early := resident()
	churn(start, total)
	late := resident()
	if late > early+early/4+8<<10 {
		fmt.Printf("the resident set grew from %d kB to %d kB\n", early, late)
		os.Exit(1)
	}
	addUp()
	fmt.Println("flat")
}

// churn allocates and drops until d after start.
func churn(start time.Time, d time.Duration) {
	var wg sync.WaitGroup
	for w := range 3 {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(uint64(w), 0))
			for n := 0; time.Since(start) < d; n++ {
				tasks[n%len(tasks)](r)
			}
		})
	}
	wg.Wait()
	debug.FreeOSMemory()
	time.Sleep(100 * time.Millisecond) // finalizers run, and let go of more
	debug.FreeOSMemory()
}

var tasks = []func(*rand.Rand){
	func(r *rand.Rand) { // a list of objects of all sizes
		type link struct {
			next *link
			data []byte
		}
		var first *link
		for range 100 {
			first = &link{first, make([]byte, r.IntN(3000))}
		}
		runtime.KeepAlive(first)
	},
	func(r *rand.Rand) { // large objects
		big := make([]*int, 1<<14+r.IntN(1<<16))
		big[len(big)-1] = new(int)
	},
	func(r *rand.Rand) { // maps that grow and shrink
		m := map[string]int{}
		for i := range 500 {
			m[strconv.Itoa(i)] = i
		}
		clear(m)
	},
	func(r *rand.Rand) { // goroutines with deep stacks
		done := make(chan int)
		go func() { done <- deep(r.IntN(2000)) }()
		<-done
	},
	func(r *rand.Rand) { // timers that are forgotten
		for range 20 {
			time.NewTimer(time.Hour)
			time.AfterFunc(time.Hour, func() {}).Stop()
		}
	},
	func(r *rand.Rand) { // finalizers and cleanups
		for range 20 {
			p := &[4]int{}
			runtime.SetFinalizer(p, func(p *[4]int) { p[0]++ })
			runtime.AddCleanup(&[4]int{}, func(int) {}, 1)
		}
	},
	func(r *rand.Rand) { // strings
		var b strings.Builder
		for range 1000 {
			b.WriteString("some text")
		}
		runtime.KeepAlive([]byte(b.String()))
	},
	func(r *rand.Rand) { // a select among channels that are forgotten
		a, b := make(chan *int), make(chan *int, 3)
		b <- new(int)
		select {
		case a <- new(int):
		case <-b:
		}
	},
}

func deep(n int) int {
	if n == 0 {
		return 0
	}
	var pad [64]byte
	pad[n%64] = 1
	return deep(n-1) + int(pad[n%64])
}

// resident is the resident set in kB.
func resident() int {
	text, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			n, _ := strconv.Atoi(strings.Fields(rest)[0])
			return n
		}
	}
	return 0
}

// addUp checks that the numbers of MemStats agree with each other.
func addUp() {
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	expect := func(what string, ok bool) {
		if !ok {
			s.PauseNs, s.PauseEnd = [256]uint64{}, [256]uint64{}
			fmt.Printf("%s: %+v\n", what, s)
			os.Exit(1)
		}
	}
	expect("the parts of Sys", s.Sys == s.HeapSys+s.StackSys+s.MSpanSys+s.MCacheSys+s.BuckHashSys+s.GCSys+s.OtherSys)
	expect("the parts of HeapSys", s.HeapSys == s.HeapIdle+s.HeapInuse)
	expect("HeapReleased", s.HeapReleased <= s.HeapIdle)
	expect("Alloc", s.Alloc == s.HeapAlloc && s.HeapAlloc <= s.HeapInuse && s.Alloc <= s.TotalAlloc)
	expect("HeapObjects", s.HeapObjects == s.Mallocs-s.Frees)
	expect("StackInuse", s.StackInuse <= s.StackSys)
	var mallocs, frees, bytes uint64
	for _, class := range s.BySize {
		mallocs += class.Mallocs
		frees += class.Frees
		bytes += (class.Mallocs - class.Frees) * uint64(class.Size)
		expect("a size class", class.Frees <= class.Mallocs)
	}
	expect("BySize", mallocs <= s.Mallocs && frees <= s.Frees && bytes <= s.HeapAlloc)
	expect("collections", s.NumGC > 0 && s.NumForcedGC > 0 && s.NumForcedGC <= s.NumGC && s.PauseTotalNs > 0)
}

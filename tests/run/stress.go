// Everything that the runtime does, at random and at once, for STRESS_SECONDS: every task checks its own result, none
// may get stuck, and no goroutine may be left. STRESS_SEED chooses the tasks; it is printed when something is wrong.
// `cargo xtask stress` runs this for long.
// not in: heap because collecting all the time leaves no time for the rest
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"net"
	"os"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

var (
	seed     uint64
	finished atomic.Int64
	echo     string // address of the echo server
)

// random is the source of one task's choices.
type random struct{ *rand.Rand }

func fail(format string, args ...any) {
	fmt.Printf("STRESS_SEED=%d GOMAXPROCS=%d: %s\n", seed, runtime.GOMAXPROCS(0), fmt.Sprintf(format, args...))
	text := make([]byte, 1<<20)
	os.Stdout.Write(text[:runtime.Stack(text, true)])
	os.Exit(3)
}

func main() {
	seconds := number("STRESS_SECONDS", 2)
	seed = uint64(number("STRESS_SEED", 1))
	listener := serve()
	before := runtime.NumGoroutine()
	go watch()
	deadline := time.Now().Add(time.Duration(seconds) * time.Second)
	slots := make(chan bool, 24)
	choices := random{rand.New(rand.NewPCG(seed, 0))}
	for n := uint64(1); time.Now().Before(deadline); n++ {
		slots <- true
		task := tasks[choices.IntN(len(tasks))]
		go func() {
			task(random{rand.New(rand.NewPCG(seed, n))})
			finished.Add(1)
			<-slots
		}()
	}
	for range cap(slots) {
		slots <- true
	}
	for i := 0; runtime.NumGoroutine() > before+1; i++ {
		if i == 500 {
			fail("%d goroutines are left", runtime.NumGoroutine()-before-1)
		}
		time.Sleep(10 * time.Millisecond)
	}
	listener.Close()
	if finished.Load() < 20 {
		fail("only %d tasks", finished.Load())
	}
	fmt.Println("ok")
	if os.Getenv("STRESS_SECONDS") != "" {
		fmt.Println(finished.Load(), "tasks")
	}
}

func number(name string, otherwise int64) int64 {
	if n, err := strconv.ParseInt(os.Getenv(name), 10, 64); err == nil {
		return n
	}
	return otherwise
}

// watch ends the program when nothing has finished for a long time.
func watch() {
	for {
		before := finished.Load()
		time.Sleep(40 * time.Second)
		if finished.Load() == before {
			fail("no task has finished for 40 seconds")
		}
	}
}

var tasks = []func(random){
	pipeline, ring, selects, locks, readers, conditions, timers, tickers, panics, recursion, lists, collections,
	files, pipes, sockets, deadlines, contexts, pulls, threads, maps, bursts, exits, maxprocs,
}

func pipeline(r random) {
	n, width := 1+r.IntN(400), 1+r.IntN(6)
	in, out := make(chan int, r.IntN(8)), make(chan int, r.IntN(8))
	var workers sync.WaitGroup
	for range width {
		workers.Go(func() {
			for v := range in {
				out <- 2 * v
			}
		})
	}
	go func() {
		for i := range n {
			in <- i
		}
		close(in)
		workers.Wait()
		close(out)
	}()
	sum := 0
	for v := range out {
		sum += v
	}
	if sum != n*(n-1) {
		fail("pipeline: %d of %d", sum, n*(n-1))
	}
}

func ring(r random) {
	n := 2 + r.IntN(60)
	first := make(chan int)
	in := first
	for range n {
		out := make(chan int)
		go func(in, out chan int) {
			defer close(out)
			for v := range in {
				out <- v + 1
			}
		}(in, out)
		in = out
	}
	for round := range 5 {
		first <- round
		if v := <-in; v != round+n {
			fail("ring: %d", v)
		}
	}
	close(first)
	<-in
}

func selects(r random) {
	chans := make([]chan int, 2+r.IntN(3))
	for i := range chans {
		chans[i] = make(chan int, r.IntN(2))
	}
	quit := make(chan bool)
	var got atomic.Int64
	var receivers, senders sync.WaitGroup
	for range 3 {
		receivers.Go(func() {
			for {
				select {
				case v := <-chans[0]:
					got.Add(int64(v))
				case v := <-chans[1]:
					got.Add(int64(v))
				case v := <-chans[len(chans)-1]:
					got.Add(int64(v))
				case <-quit:
					return
				case <-time.After(time.Millisecond):
				}
			}
		})
	}
	const each = 60
	for id := range 3 {
		senders.Go(func() {
			for i := range each {
				select {
				case chans[0] <- 1:
				case chans[1] <- 1:
				case chans[(id+i)%2] <- 1:
				}
			}
		})
	}
	senders.Wait()
	for i := 0; got.Load() != 3*each; i++ {
		if i == 10000 {
			fail("select: %d of %d arrived", got.Load(), 3*each)
		}
		time.Sleep(time.Millisecond)
	}
	close(quit)
	receivers.Wait()
}

func locks(r random) {
	var mu sync.Mutex
	var all sync.WaitGroup
	n, rounds, width := 0, 1+r.IntN(300), 1+r.IntN(8)
	yields := r.IntN(2) == 0
	for range width {
		all.Go(func() {
			for range rounds {
				mu.Lock()
				n++
				if yields {
					runtime.Gosched()
				}
				mu.Unlock()
			}
		})
	}
	all.Wait()
	if n != rounds*width {
		fail("locks: %d of %d", n, rounds*width)
	}
}

func readers(r random) {
	var mu sync.RWMutex
	var all sync.WaitGroup
	var pair [2]int
	for id := range 6 {
		writes := id%3 == 0
		all.Go(func() {
			for i := range 50 {
				if writes {
					mu.Lock()
					pair[0]++
					pair[1]++
					mu.Unlock()
					continue
				}
				mu.RLock()
				if pair[0] != pair[1] {
					fail("readers: %v", pair)
				}
				if i%16 == 0 {
					runtime.Gosched()
				}
				mu.RUnlock()
			}
		})
	}
	all.Wait()
}

func conditions(r random) {
	var mu sync.Mutex
	cond := sync.NewCond(&mu)
	turn, width := 0, 2+r.IntN(5)
	var all sync.WaitGroup
	for id := range width {
		all.Go(func() {
			for range 20 {
				mu.Lock()
				for turn%width != id {
					cond.Wait()
				}
				turn++
				cond.Broadcast()
				mu.Unlock()
			}
		})
	}
	all.Wait()
	if turn != 20*width {
		fail("conditions: %d", turn)
	}
}

func timers(r random) {
	var fired atomic.Int64
	n := 1 + r.IntN(30)
	stopped := int64(0)
	for range n {
		t := time.AfterFunc(time.Duration(r.IntN(3000))*time.Microsecond, func() { fired.Add(1) })
		switch r.IntN(3) {
		case 0:
			if t.Stop() {
				stopped++
			}
		case 1:
			if !t.Reset(time.Millisecond) {
				stopped-- // it fires twice
			}
		}
	}
	for i := 0; fired.Load()+stopped != int64(n); i++ {
		if i == 10000 {
			fail("timers: %d fired and %d stopped of %d", fired.Load(), stopped, n)
		}
		time.Sleep(time.Millisecond)
	}
}

func tickers(r random) {
	last := time.Now() // A tick is of the time that it is due at, however late it is received.
	tick := time.NewTicker(time.Duration(100+r.IntN(400)) * time.Microsecond)
	defer tick.Stop()
	for range 5 {
		now := <-tick.C
		if now.Before(last) {
			fail("ticker: %v after %v", now, last)
		}
		last = now
	}
	tick.Reset(time.Hour)
	select {
	case <-tick.C:
		fail("ticker: a tick after Reset")
	default:
	}
}

func panics(r random) {
	depth := 1 + r.IntN(200)
	var ran int
	var dive func(n int) int
	dive = func(n int) int {
		defer func() { ran++ }()
		if n == 0 {
			if r.IntN(2) == 0 {
				var p *int
				return *p
			}
			panic(errors.New("deep"))
		}
		return dive(n-1) + 1
	}
	func() {
		defer func() {
			if recover() == nil {
				fail("panics: nothing to recover")
			}
		}()
		dive(depth)
	}()
	if ran != depth+1 {
		fail("panics: %d deferred calls of %d", ran, depth+1)
	}
}

func recursion(r random) {
	result := make(chan int)
	depth := 1 << r.IntN(15)
	go func() {
		var array [16]int
		var f func(n int, p *int) int
		f = func(n int, p *int) int {
			if n == 0 {
				return *p
			}
			local := *p + 1
			return f(n-1, &local) - local + *p + 1
		}
		result <- f(depth, &array[3])
	}()
	if got := <-result; got != depth {
		fail("recursion: %d of %d", got, depth)
	}
}

type node struct {
	next  *node
	value int
	pad   []byte
}

func lists(r random) {
	var head *node
	n := 1 + r.IntN(3000)
	for i := range n {
		head = &node{head, i, make([]byte, r.IntN(64))}
		for j := range head.pad {
			head.pad[j] = byte(i)
		}
		if i%512 == 0 {
			runtime.Gosched()
		}
	}
	for at := head; at != nil; at = at.next {
		n--
		for _, b := range at.pad {
			if b != byte(at.value) {
				fail("lists: byte %d in node %d", b, at.value)
			}
		}
		if at.value != n {
			fail("lists: %d instead of %d", at.value, n)
		}
	}
}

func collections(r random) {
	if r.IntN(8) == 0 {
		runtime.GC()
	}
	if r.IntN(30) == 0 {
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
	}
}

func files(r random) {
	for range 1 + r.IntN(5) {
		text, err := os.ReadFile("/proc/self/stat")
		if err != nil || !bytes.HasPrefix(text, []byte(strconv.Itoa(os.Getpid())+" ")) {
			fail("files: %v %q", err, text)
		}
	}
}

func pipes(r random) {
	in, out, err := os.Pipe()
	if err != nil {
		fail("pipes: %v", err)
	}
	text := bytes.Repeat([]byte("groundhog"), 1+r.IntN(20000))
	go func() {
		out.Write(text)
		out.Close()
	}()
	got, err := io.ReadAll(in)
	in.Close()
	if err != nil || !bytes.Equal(got, text) {
		fail("pipes: %d bytes of %d, %v", len(got), len(text), err)
	}
}

func serve() net.Listener {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fail("listen: %v", err)
	}
	echo = listener.Addr().String()
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				io.Copy(conn, conn)
				conn.Close()
			}()
		}
	}()
	return listener
}

func sockets(r random) {
	conn, err := net.Dial("tcp", echo)
	if err != nil {
		fail("sockets: %v", err)
	}
	defer conn.Close()
	for range 1 + r.IntN(20) {
		text := []byte(fmt.Sprint(r.Uint64()))
		conn.Write(text)
		got := make([]byte, len(text))
		if _, err := io.ReadFull(conn, got); err != nil || !bytes.Equal(got, text) {
			fail("sockets: %q of %q, %v", got, text, err)
		}
	}
}

func deadlines(r random) {
	conn, err := net.Dial("tcp", echo)
	if err != nil {
		fail("deadlines: %v", err)
	}
	if r.IntN(2) == 0 {
		conn.SetReadDeadline(time.Now().Add(time.Duration(r.IntN(2000)) * time.Microsecond))
		if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			fail("deadlines: %v", err)
		}
		conn.Close()
		return
	}
	time.AfterFunc(time.Duration(r.IntN(2000))*time.Microsecond, func() { conn.Close() })
	if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
		fail("deadlines: close while reading: %v", err)
	}
}

func contexts(r random) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(r.IntN(3000))*time.Microsecond)
	defer cancel()
	var all sync.WaitGroup
	for range 1 + r.IntN(5) {
		child, stop := context.WithCancel(ctx)
		all.Go(func() {
			defer stop()
			<-child.Done()
		})
	}
	if r.IntN(2) == 0 {
		cancel()
	}
	all.Wait()
}

func pulls(r random) {
	n := r.IntN(50)
	next, stop := iter.Pull(func(yield func(int) bool) {
		for i := range n {
			if !yield(i) {
				return
			}
		}
	})
	for i := range r.IntN(60) {
		if v, ok := next(); ok != (i < n) || ok && v != i {
			fail("pulls: %d %v at %d of %d", v, ok, i, n)
		}
	}
	stop()
}

func threads(r random) {
	done := make(chan bool)
	stays := r.IntN(2) == 0
	go func() {
		runtime.LockOSThread()
		for range r.IntN(5) {
			runtime.Gosched()
			time.Sleep(time.Microsecond)
		}
		if stays {
			runtime.UnlockOSThread()
		}
		close(done)
	}()
	<-done
}

func maps(r random) {
	m, sum := map[int]int{}, 0
	var shared sync.Map
	for range r.IntN(500) {
		key := r.IntN(1000)
		m[key]++
		sum++
		shared.Store(key, m[key])
	}
	for key, n := range m {
		sum -= n
		if v, _ := shared.Load(key); v != n {
			fail("maps: %v instead of %d", v, n)
		}
	}
	if sum != 0 {
		fail("maps: %d are missing", sum)
	}
}

func bursts(r random) {
	var all sync.WaitGroup
	var n atomic.Int64
	width := r.IntN(600)
	for range width {
		all.Go(func() { n.Add(1) })
	}
	all.Wait()
	if n.Load() != int64(width) {
		fail("bursts: %d of %d", n.Load(), width)
	}
}

func exits(r random) {
	done := make(chan bool)
	go func() {
		defer close(done)
		defer func() { recover() }()
		defer runtime.Goexit()
		panic("forgotten by Goexit")
	}()
	<-done
}

func maxprocs(r random) {
	if r.IntN(20) == 0 {
		runtime.GOMAXPROCS(1 + r.IntN(6))
	}
}

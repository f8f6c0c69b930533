// A live heap near its memory limit: the program replaces pieces of it all the time, must not lose any, must stay below the
// limit, and must not stand still. HEAP_MB is its size, HEAP_SECONDS how long it goes on; with either of them the program
// tells what it measured.
// not in: heap because so many collections of so much memory take too long
package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"
)

// node is 128 bytes with pointers to others, and knows who it is.
type node struct {
	id, version uint64
	next, other *node
	text        string
	payload     [10]uint64
}

// nodeBytes is what a node takes, its text included.
const nodeBytes = 128 + 32

func main() {
	megabytes, tells := number("HEAP_MB", 48)
	seconds, _ := number("HEAP_SECONDS", 1)
	limit := int64(megabytes) << 20 * 5 / 4
	debug.SetMemoryLimit(limit)
	debug.SetGCPercent(-1) // the limit alone decides
	nodes := make([]*node, megabytes<<20/nodeBytes)
	for i := range nodes {
		nodes[i] = build(nodes, uint64(i), 0)
	}
	quit, delays := make(chan bool), make(chan []time.Duration)
	go watch(quit, delays)
	slowest, changes := mutate(nodes, time.Duration(seconds)*time.Second)
	close(quit)
	late := <-delays
	check(nodes)
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	fmt.Println("below the limit:", int64(stats.Sys-stats.HeapReleased) <= limit+limit/50)
	fmt.Println("goes on:", slowest < 5*time.Second)
	if tells {
		slices.Sort(late)
		fmt.Printf("changes %d, slowest 100 %v; wakes late: median %v, 99%% %v, worst %v; %d collections; %s\n", changes, slowest,
			late[len(late)/2], late[len(late)*99/100], late[len(late)-1], stats.NumGC, peak())
	}
}

func number(name string, byDefault int) (int, bool) {
	n, err := strconv.Atoi(os.Getenv(name))
	if err != nil {
		return byDefault, false
	}
	return n, true
}

func build(nodes []*node, id, version uint64) *node {
	n := &node{id: id, version: version, text: strings.Repeat(string('a'+rune(id%26)), 32)}
	n.next = nodes[rand.IntN(len(nodes))]
	if n.next != nil {
		n.other = n.next.other // chains of old versions end here
		n.next = nil
	}
	n.other = nodes[rand.IntN(len(nodes))]
	if n.other != nil && n.other.other != nil {
		n.other.other = nil
	}
	return n
}

// mutate replaces nodes; it returns the longest time that 100 replacements took, and how many there were.
func mutate(nodes []*node, d time.Duration) (slowest time.Duration, changes int) {
	start := time.Now()
	for before := start; before.Sub(start) < d; {
		for range 100 {
			i := rand.IntN(len(nodes))
			nodes[i] = build(nodes, uint64(i), nodes[i].version+1)
		}
		now := time.Now()
		slowest = max(slowest, now.Sub(before))
		before = now
		changes += 100
	}
	return slowest, changes
}

// watch measures how late a goroutine wakes that sleeps for a millisecond.
func watch(quit chan bool, delays chan []time.Duration) {
	var late []time.Duration
	for {
		select {
		case <-quit:
			delays <- late
			return
		default:
		}
		before := time.Now()
		time.Sleep(time.Millisecond)
		late = append(late, time.Since(before)-time.Millisecond)
	}
}

func check(nodes []*node) {
	for i, n := range nodes {
		ok := n.id == uint64(i) && len(n.text) == 32 && n.text[31] == 'a'+byte(i%26) && n.payload == [10]uint64{}
		if !ok || n.other != nil && n.other.id >= uint64(len(nodes)) {
			fmt.Println("node", i, "is damaged")
			os.Exit(1)
		}
	}
}

// peak is the largest resident set that the system saw.
func peak() string {
	text, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "VmHWM") {
			return strings.Join(strings.Fields(line), " ")
		}
	}
	return ""
}

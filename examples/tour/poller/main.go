// Network poller: who waits for the network holds neither a thread nor a processor.
// env: GOMAXPROCS=2
package main

import (
	"fmt"
	"groundhog/inspect"
	"net"
	"sync"
	"time"
)

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	const n = 200
	var servers, clients []net.Conn
	for range n {
		client, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			fmt.Println(err)
			return
		}
		server, _ := listener.Accept()
		servers, clients = append(servers, server), append(clients, client)
	}

	// Each connection has a goroutine that reads.
	var group sync.WaitGroup
	ids := make(chan uint64, n)
	sources := make(chan inspect.Source, n)
	for _, server := range servers {
		group.Go(func() {
			ids <- inspect.Self().ID
			server.Read(make([]byte, 1))
			sources <- inspect.Self().Source
		})
	}
	time.Sleep(20 * time.Millisecond)
	waiting := 0
	for range n {
		if g, _ := inspect.Find(<-ids); g.State == "IO wait" {
			waiting++
		}
	}
	fmt.Println("readers in IO wait:", waiting, "- threads at most 20:", inspect.Schedule().Threads <= 20)

	for _, client := range clients {
		client.Write([]byte{1})
	}
	group.Wait()
	close(sources)
	polled := 0
	for source := range sources {
		if source != inspect.Unknown {
			polled++
		}
	}
	fmt.Println("readers that came back:", polled)

	// A deadline is a timer that wakes the reader.
	servers[0].SetReadDeadline(time.Now().Add(time.Millisecond))
	_, err = servers[0].Read(make([]byte, 1))
	fmt.Println("deadline:", err.(net.Error).Timeout())

	// A single reader whose data arrive while every processor is idle is found by the poller itself.
	found := make(chan inspect.Source)
	go func() {
		servers[1].Read(make([]byte, 1))
		found <- inspect.Self().Source
	}()
	time.AfterFunc(5*time.Millisecond, func() { clients[1].Write([]byte{1}) })
	source := <-found
	fmt.Println("from a queue that the poller fills, or from it directly:", source == inspect.Poller || source == inspect.Local || source == inspect.Global || source == inspect.Stolen)
}

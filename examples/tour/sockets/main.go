// Sockets: a TCP server and its clients on the poller, with deadlines, half-closed connections, and thousands of waits.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// serve echoes lines until the listener is closed.
func serve(listener net.Listener) error {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer conn.Close()
			lines := bufio.NewScanner(conn)
			for lines.Scan() {
				fmt.Fprintf(conn, "echo %s\n", lines.Text())
			}
			io.WriteString(conn, "bye\n")
		}()
	}
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	ended := make(chan error)
	go func() { ended <- serve(listener) }()

	conn := dial(listener)
	io.WriteString(conn, "one\ntwo\n")
	conn.(*net.TCPConn).CloseWrite() // half-closed: the server reads the end, and still answers
	answer, _ := io.ReadAll(conn)
	fmt.Print(string(answer))

	conn = dial(listener)
	conn.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
	_, err = conn.Read(make([]byte, 1))
	fmt.Println("deadline:", errors.Is(err, os.ErrDeadlineExceeded))

	const n = 100
	var group sync.WaitGroup
	answers := make(chan string, n)
	for i := range n {
		group.Go(func() {
			conn := dial(listener)
			defer conn.Close()
			fmt.Fprintln(conn, i)
			line, _ := bufio.NewReader(conn).ReadString('\n')
			answers <- line
		})
	}
	group.Wait()
	close(answers)
	distinct := map[string]bool{}
	for line := range answers {
		distinct[line] = true
	}
	fmt.Println("clients at once:", n, "- distinct answers:", len(distinct))

	listener.Close()
	fmt.Println("accept after close:", errors.Is(<-ended, net.ErrClosed))
	_, err = net.Dial("tcp", listener.Addr().String())
	fmt.Println("dial after close fails:", err != nil)
}

func dial(listener net.Listener) net.Conn {
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		panic(err)
	}
	return conn
}
